"""truth: which TCP states the sockets of two hosts were really in, as their kernel tells.

The kernel is asked for all TCP sockets of a namespace (netlink, sock_diag(7)) about two thousand times a second, by a
process of its own.  It reports full sockets, the request sockets that are SYN-RECEIVED of a passive open, and the
small sockets of TIME-WAIT and of FIN-WAIT-2 after close().  A change of state lies between two samples; it is
dated at the middle, and half the distance is its error.
"""
import json
import os
import pickle
import select
import socket
import struct
import time

STATES = {1: 'ESTABLISHED', 2: 'SYN-SENT', 3: 'SYN-RECEIVED', 4: 'FIN-WAIT-1', 5: 'FIN-WAIT-2', 6: 'TIME-WAIT',
          8: 'CLOSE-WAIT', 9: 'LAST-ACK', 11: 'CLOSING', 12: 'SYN-RECEIVED'}
ASKED = sum(1 << state for state in STATES)
NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLMSG_DONE, NLM_F_DUMP = 4, 20, 3, 0x300
TIMER_TIME_WAIT = 3
PAUSE = 0.0003              # between two samples, in seconds
ERROR_MAX = 1_000_000       # in nanoseconds: a tenth of what the wire takes from an end to the tap

# RFC 9293 figure 5, with the resets and timeouts that lead to CLOSED from everywhere.  Another step means that a
# state was over before it was sampled.
NEXT = {'CLOSED': ('SYN-SENT', 'SYN-RECEIVED'), 'SYN-SENT': ('SYN-RECEIVED', 'ESTABLISHED'),
        'SYN-RECEIVED': ('ESTABLISHED',), 'ESTABLISHED': ('FIN-WAIT-1', 'CLOSE-WAIT'),
        'FIN-WAIT-1': ('FIN-WAIT-2', 'CLOSING'), 'FIN-WAIT-2': ('TIME-WAIT',), 'CLOSING': ('TIME-WAIT',),
        'CLOSE-WAIT': ('LAST-ACK',), 'LAST-ACK': (), 'TIME-WAIT': ()}

# What one segment passes through at once: a FIN that acknowledges the FIN; a SYN for which TIME-WAIT makes room.
PASSED = {('FIN-WAIT-1', 'TIME-WAIT'): 'FIN-WAIT-2', ('TIME-WAIT', 'SYN-RECEIVED'): 'CLOSED'}


def sockets_of(netlink):
    """{(local address, port, remote address, port): (state, kind of socket)} of a namespace."""
    found = {}
    for family, size in ((socket.AF_INET, 4), (socket.AF_INET6, 16)):
        netlink.send(struct.pack('=IHHII', 72, SOCK_DIAG_BY_FAMILY, 1 | NLM_F_DUMP, 1, 0) +
                     struct.pack('=BBBBI48x', family, socket.IPPROTO_TCP, 0, 0, ASKED))
        more = True
        while more:
            data, at = netlink.recv(65536), 0
            while at < len(data):
                length, kind = struct.unpack_from('=IH', data, at)
                if kind == NLMSG_DONE:
                    more = False
                    break
                if kind != SOCK_DIAG_BY_FAMILY:
                    raise OSError('sock_diag answers with message %d' % kind)
                state, timer = struct.unpack_from('=BB', data, at + 17)
                local_port, remote_port = struct.unpack_from('!HH', data, at + 20)
                local, remote = data[at + 24:at + 24 + size], data[at + 40:at + 40 + size]
                inode, = struct.unpack_from('=I', data, at + 84)
                via = 'timewait' if timer == TIMER_TIME_WAIT else \
                    'request' if STATES[state] == 'SYN-RECEIVED' and not inode else 'sock'
                key = (socket.inet_ntop(family, local), local_port, socket.inet_ntop(family, remote), remote_port)
                # while the small socket takes over, both are there
                if found.get(key, ('', ''))[1] != 'timewait':
                    found[key] = STATES[state], via
                at += (length + 3) & ~3
    return found


def watch(netlinks, stop, ready):
    """[(key, earliest, latest, state, via)]: every change, until `stop` can be read."""
    changes, before = [], []
    for netlink in netlinks:
        begin = time.monotonic_ns()
        before.append((sockets_of(netlink), begin))
    ready()
    while not select.select([stop], [], [], PAUSE)[0]:
        for number, netlink in enumerate(netlinks):
            begin = time.monotonic_ns()
            now = sockets_of(netlink)
            end = time.monotonic_ns()
            was, earliest = before[number]
            for key in was.keys() | now.keys():
                if was.get(key, ('CLOSED',))[0] != now.get(key, ('CLOSED',))[0]:
                    changes.append((key, earliest, end, *now.get(key, ('CLOSED', was.get(key, ('', 'sock'))[1]))))
            before[number] = now, begin
    return changes


class Watch:
    """Watches the sockets of hosts from now on, in a process of its own."""

    def __init__(self, hosts):
        netlinks = []
        for host in hosts:
            with host:
                netlinks.append(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG))
            netlinks[-1].bind((0, 0))
        stop, self.stop = os.pipe()
        self.answer, answer = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            os.close(self.stop)                         # so that the end of the other process is read as well
            os.nice(-5)
            with open(answer, 'wb') as file:
                pickle.dump(watch(netlinks, stop, lambda: os.write(answer, b'.')), file)
            os._exit(0)
        os.close(answer)
        os.close(stop)
        os.read(self.answer, 1)                         # the first sample is there: what happens now is seen

    def end(self):
        os.close(self.stop)
        with open(self.answer, 'rb') as file:
            changes = pickle.load(file)
        os.waitpid(self.process, 0)
        return changes


class Unusable(Exception):
    """What was sampled does not say exactly enough what happened."""


def moves_of(changes):
    """The moves of each endpoint, [{from, to, earliest, latest, via}], checked against what RFC 9293 allows."""
    moves = {}
    for key, earliest, latest, state, via in changes:
        mine = moves.setdefault(key, [])
        old = mine[-1]['to'] if mine else 'CLOSED'
        if latest - earliest > 2 * ERROR_MAX:
            raise Unusable('%.1f ms between two samples' % ((latest - earliest) / 1e6))
        passed = PASSED.get((old, state))
        if passed:
            mine.append({'from': old, 'to': passed, 'earliest': earliest, 'latest': latest, 'via': 'timewait'})
            old = passed
        if state != 'CLOSED' and state not in NEXT[old]:
            raise Unusable('%s was followed by %s' % (old, state))
        mine.append({'from': 'LISTEN' if old == 'CLOSED' and state == 'SYN-RECEIVED' else old, 'to': state,
                     'earliest': earliest, 'latest': latest, 'via': via})
    return moves


def explain(key, move, next_earliest, frames):
    """Adds the cause, and whether the move is hidden: what caused it was not recorded, and nothing that the
    endpoint sent in the new state was."""
    near = 200_000                                      # from a frame's reading or delivery to what it goes with
    causes = [f for f in frames if f.receiver == key and
              any(move['earliest'] - near <= at <= move['latest'] for at in f.delivered_ns)]
    sent = [f for f in frames if f.sender == key and move['earliest'] <= f.read_ns < next_earliest]
    move['cause'] = 'packet' if causes else 'local'     # local: the application, or a timer
    move['hidden'] = not any(f.tapped_ns for f in causes + sent)


def write(base, changes, frames, start_ns, end_ns, offset_ns, about):
    """BASE.truth.jsonl and BASE.meta.json; returns the largest error of a date, in nanoseconds."""
    def stamp(ns):
        return '%d.%06d' % divmod((ns + offset_ns) // 1000, 10 ** 6)

    lines, error = [], 0
    for key, moves in moves_of(changes).items():
        for number, move in enumerate(moves):
            explain(key, move, moves[number + 1]['earliest'] if number + 1 < len(moves) else end_ns, frames)
            # one microsecond more, for the rounding of the date and of itself
            middle, half = (move['earliest'] + move['latest']) // 2, (move['latest'] - move['earliest']) // 2 + 1000
            error = max(error, half)
            lines.append((middle, number, '{"ts": %s, "error": %.6f, ' % (stamp(middle), half / 1e9) + json.dumps(
                dict(zip(('local_addr', 'local_port', 'remote_addr', 'remote_port'), key),
                     **{word: move[word] for word in ('from', 'to', 'cause', 'via', 'hidden')}))[1:] + '\n'))
    with open(base + '.truth.jsonl', 'w') as file:
        file.writelines(line for _, _, line in sorted(lines))
    met = ['  {"ts": %s, "by": "%s", "flags": "%s", "length": %d, "fate": "%s"}' % (
        stamp(f.read_ns), 'initiator' if f.initiator else 'responder',
        ''.join(letter for bit, letter in enumerate('FSRPAUEC') if f.flags >> bit & 1), f.length, f.fate)
        for f in frames if f.fate] or ''
    with open(base + '.meta.json', 'w') as file:
        file.write('{"scenario": "%s",\n "about": %s,\n' % (os.path.basename(base), json.dumps(about)))
        file.write(' "t_start": %s, "t_end": %s,\n "notes": {},\n' % (stamp(start_ns), stamp(end_ns)))
        file.write(' "impairments": [%s]}\n' % (met and '\n' + ',\n'.join(met)))
    return error

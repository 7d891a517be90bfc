"""wire: two hosts, each a real kernel's network of its own, and a wire of ours between them.

    initiators' host --TAP--> [ before ] --> tap --> [ after ] --TAP--> responders' host
                     <--TAP-- [ after  ] <-- tap <-- [ before] <--TAP--

The wire carries Ethernet frames one at a time with a delay before and after the tap, writes the TCP ones that
pass the tap to a pcap file, and does to them what its rules say: what is lost before the tap was never seen,
what is lost after it was seen and never arrived, what the tap misses arrived unseen.  Nothing is left behind:
the namespaces have no name and end with this process.  Needs root and iproute2.
"""
import ctypes
import fcntl
import heapq
import os
import select
import socket
import struct
import subprocess
import threading
import time

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
DEVICE = 'lab0'
HOLD = 60_000_000           # what `delay-` adds, in nanoseconds: well below any retransmission timeout
TWICE = 1_000_000           # from a frame to its duplicate

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def own_namespace():
    return os.open('/proc/thread-self/ns/net', os.O_RDONLY | os.O_CLOEXEC)


class Host:
    """A namespace with one TAP device; `with host:` moves the calling thread into it."""

    def __init__(self, mac, addresses, neighbours=()):
        self.thread = threading.local()
        home = own_namespace()
        check(libc.unshare(CLONE_NEWNET))
        # A namespace in a namespace: the first one decides how large the second one's table of sockets is.
        # Walking the whole machine's table takes 0.4 ms, walking 256 buckets 0.03 ms.
        self.set('net/ipv4/tcp_child_ehash_entries', 256)
        check(libc.unshare(CLONE_NEWNET))
        self.namespace = own_namespace()
        check(libc.setns(home, CLONE_NEWNET))
        os.close(home)
        with self:
            self.tap = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            fcntl.ioctl(self.tap, TUNSETIFF, struct.pack('16sH22x', DEVICE.encode(), IFF_TAP | IFF_NO_PI))
            for name in ('all', DEVICE):
                self.set('net/ipv6/conf/%s/router_solicitations' % name, 0)
                self.set('net/ipv6/conf/%s/addr_gen_mode' % name, 1)
            self.ip('link', 'set', 'lo', 'up')
            self.ip('link', 'set', DEVICE, 'address', mac, 'up')
            for address in addresses:
                self.ip('address', 'add', address, 'dev', DEVICE, *(['nodad'] if ':' in address else []))
            for address, its_mac in neighbours:
                self.ip('neighbour', 'add', address, 'lladdr', its_mac, 'dev', DEVICE, 'nud', 'permanent')

    @staticmethod
    def set(name, value):
        with open('/proc/sys/' + name, 'w') as file:
            file.write(str(value))

    @staticmethod
    def ip(*words):
        subprocess.run(['ip', *words], check=True, stdin=subprocess.DEVNULL)

    def socket(self, address, port):
        """A TCP socket bound there; a port may be bound again while its last connection is in TIME-WAIT."""
        with self:
            sock = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        return sock

    def __enter__(self):
        self.thread.back = own_namespace()
        check(libc.setns(self.namespace, CLONE_NEWNET))
        return self

    def __exit__(self, *unused):
        check(libc.setns(self.thread.back, CLONE_NEWNET))
        os.close(self.thread.back)


class Frame:
    """A frame on the wire, and what became of it; times in nanoseconds of the monotonic clock."""

    def __init__(self, raw, side):
        self.raw, self.side, self.read_ns = raw, side, time.monotonic_ns()
        self.initiator = side == 0                      # sent by the initiators' host?
        self.fate, self.tapped_ns, self.delivered_ns = None, [], []
        kind = struct.unpack('!H', raw[12:14])[0]
        if kind == 0x0800 and raw[23] == 6:
            at, end, family, address = 14 + 4 * (raw[14] & 15), 14 + struct.unpack('!H', raw[16:18])[0], 2, 26
        elif kind == 0x86DD and raw[20] == 6:
            at, end, family, address = 54, 54 + struct.unpack('!H', raw[18:20])[0], 10, 22
        else:
            at = None
        self.tcp = at is not None
        if self.tcp:
            size = 4 if family == 2 else 16
            source, target = (socket.inet_ntop(family, raw[i:i + size]) for i in (address, address + size))
            source_port, target_port, self.seq, self.ack, offset, self.flags = \
                struct.unpack('!HHIIBB', raw[at:at + 14])
            self.length = end - at - 4 * (offset >> 4)
            self.sender = (source, source_port, target, target_port)
            self.receiver = (target, target_port, source, source_port)
            self.port = source_port if side else target_port        # the responder's


class Wire(threading.Thread):
    """Carries frames between hosts[0] (of the initiators) and hosts[1] (of the responders).

    before, after: seconds from the sender to the tap and from the tap to the receiver, of the frames of either
    host.  log, when given, is a list that gets every TCP frame."""

    def __init__(self, hosts, before, after, path, log=None):
        super().__init__(daemon=True)
        self.taps = [host.tap for host in hosts]
        self.before, self.after = ([int(1e9 * seconds) for seconds in spans] for spans in (before, after))
        self.rules, self.due, self.number, self.log = [], [], 0, log
        self.tapping, self.running = True, True
        self.offset_ns = time.time_ns() - time.monotonic_ns()
        self.pcap = open(path, 'wb')
        self.pcap.write(struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        self.start()

    def rule(self, fate, match, times=1, skip=0):
        """From now on, the TCP frames for which match(frame) is true meet this fate: drop-before, drop-after, miss-tap,
        dup-before, dup-after, delay-before or delay-after (the tap).  The first `skip` of them do not, and after
        `times` it is over.  Returns the rule, for unrule()."""
        self.rules.append({'fate': fate, 'match': match, 'times': times, 'skip': skip})
        return self.rules[-1]

    def unrule(self, rule):
        self.rules.remove(rule)

    def end(self):
        self.running = False
        self.join()
        self.pcap.close()

    def run(self):
        while self.running:
            wait = (self.due[0][0] - time.monotonic_ns()) / 1e9 if self.due else 1
            for tap in select.select(self.taps, [], [], min(max(0, wait), 0.05))[0]:
                self.enter(Frame(os.read(tap, 65536), self.taps.index(tap)))
            while self.due and self.due[0][0] <= time.monotonic_ns():
                _, _, step, frame = heapq.heappop(self.due)
                step(frame)

    def later(self, frame, spans, step, stage):
        at = time.monotonic_ns() + spans[frame.side] + HOLD * (frame.fate == 'delay-' + stage)
        for copy in range(1 + (frame.fate == 'dup-' + stage)):
            self.number += 1
            heapq.heappush(self.due, (at + copy * TWICE, self.number, step, frame))

    def fate_of(self, frame):
        for rule in self.rules:
            if rule['times'] and rule['match'](frame):
                if not rule['skip']:
                    rule['times'] -= 1
                    return rule['fate']
                rule['skip'] -= 1
        return None

    def enter(self, frame):
        if frame.tcp:
            frame.fate = self.fate_of(frame)
            if self.log is not None:
                self.log.append(frame)
        if frame.fate != 'drop-before':
            self.later(frame, self.before, self.pass_tap, 'before')

    def pass_tap(self, frame):
        now = time.monotonic_ns()
        if frame.tcp and self.tapping and frame.fate != 'miss-tap':
            frame.tapped_ns.append(now)
            second, rest = divmod(now + self.offset_ns, 10 ** 9)
            self.pcap.write(struct.pack('<IIII', second, rest // 1000, len(frame.raw), len(frame.raw)) + frame.raw)
        if frame.fate != 'drop-after':
            self.later(frame, self.after, self.deliver, 'after')

    def deliver(self, frame):
        frame.delivered_ns.append(time.monotonic_ns())      # first: the receiver answers inside write()
        os.write(self.taps[1 - frame.side], frame.raw)


# -- what programs at the ends do --

def receive(sock, count):
    while count:
        got = len(sock.recv(count))
        if not got:
            return
        count -= got


def until_end(sock):
    while sock.recv(65536):
        pass


def talk(initiator, responder, question=90, answer=600):
    initiator.sendall(b'q' * question)
    receive(responder, question)
    responder.sendall(b'a' * answer)
    receive(initiator, answer)


def abort(sock):
    """Closes with a RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    sock.close()

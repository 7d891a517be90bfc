"""program: what tests in Python share: TAP, the program run in a pipe or on a terminal, a database from a scenario.

LASTACK names the program, srcdir the source; tests run in the build folder."""
import os
import pty
import re
import sqlite3
import subprocess

SOURCE = os.path.abspath(os.environ.get("srcdir", "."))
PROGRAM = os.path.abspath(os.environ.get("LASTACK", "./lastack"))
SEG2PCAP = os.path.abspath("tests/scenario/seg2pcap")
DEMO = os.path.join(SOURCE, "contrib", "demo.pcap")
# What could be active in a terminal, a page, a spreadsheet, SQL, a shell, or a text of ours (reliability: O1 to O5).
HOSTILE = "\x1b[2J\u202e<script>alert(1)</script>'\"&,\r\n=1+1;{id}"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
count = failed = 0


def ok(good, name, *detail):
    global count, failed
    count += 1
    failed += not good
    print(f"{'' if good else 'not '}ok {count} - {name}")
    if not good:
        for item in detail:
            for line in str(item).splitlines():
                print("#", line)
    return good


def end():
    print(f"1..{count}")
    return failed != 0


def environment(more):
    return {k: v for k, v in os.environ.items() if k not in ("LASTACK_DB", "NO_COLOR", "COLUMNS")} | more


def run(*words, folder=None, **more):
    """Status, standard output and standard error."""
    p = subprocess.run([PROGRAM, *words], capture_output=True, env=environment(more), timeout=60, cwd=folder,
                       stdin=subprocess.DEVNULL)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def error(status, pattern, *words, name, folder=None):
    """It fails with one line of this pattern, and prints nothing else."""
    code, out, err = run(*words, folder=folder)
    return ok(code == status and re.fullmatch(pattern + "\n", err) and not out, name, code, err, out[:400])


def on_terminal(*words, columns=100, folder=None, **more):
    """Standard output as a terminal sees it."""
    master, slave = pty.openpty()
    env = environment({"COLUMNS": str(columns), "TERM": "xterm", "LC_ALL": "C.UTF-8"} | more)
    with subprocess.Popen([PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.DEVNULL, env=env,
                          cwd=folder) as p:
        os.close(slave)
        text = b""
        try:
            while chunk := os.read(master, 65536):
                text += chunk
        except OSError:  # Linux: EIO, when the last writer has closed its end
            pass
    os.close(master)
    return text.decode().replace("\r\n", "\n")


def have_terminals():
    """A bare chroot has no /dev/pts."""
    try:
        for fd in pty.openpty():
            os.close(fd)
        return True
    except OSError:
        return False


def store(folder, db, *captures, options=()):
    code, _, err = run("read", "-d", db, "--again", "--format", "none", *options, *captures, folder=folder)
    assert code == 0, err


def store_scenario(folder, db, path):
    """A database in the folder from a scenario, with the options that stand in that.  Returns its text."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    options = [w for key in ("set", "until", "stack", "msl") for value in re.findall(rf"^{key} (\S+)", text, re.M)
               for w in ("--" + key, value)]
    subprocess.run([SEG2PCAP, path, "capture.pcap"], cwd=folder, check=True)
    store(folder, db, "capture.pcap", options=options)
    return text


def database(folder, db):
    return sqlite3.connect(os.path.join(folder, db))

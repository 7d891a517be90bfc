"""workload: what the bench and its test share: captures with their truth, what a program took to read them, what it stored.

LASTACK names the program, srcdir the source; it runs in the build folder."""
import json
import os
import re
import sqlite3
import subprocess

SOURCE = os.path.abspath(os.environ.get("srcdir", "."))
PROGRAM = os.path.abspath(os.environ.get("LASTACK", "./lastack"))
GENERATE, MEASURE, NULL = (os.path.abspath(os.path.join("tests/bench", name)) for name in ("generate", "measure", "null"))
LATE = 124  # exit status of what was ended at its time limit

# Connections, and how many of them are open at once, at size 1.
WORKLOADS = {"web": (100_000, 5_000), "bulk": (20, 20), "flood": (500_000, 1), "mixed": (50_000, 20_000)}


def generate(path, name, connections, open_at_once):
    """Writes the capture; its truth, by the words of generate.c."""
    out = subprocess.run([GENERATE, name, str(connections), str(open_at_once), path], check=True, capture_output=True)
    return json.loads(out.stdout)


class Took:
    """What one run took."""

    def __init__(self, command, cores=1, limit=600):
        run = subprocess.run([MEASURE, str(cores), str(limit), *command], check=True, capture_output=True, text=True,
                             errors="replace")
        seconds, cpu, kib, status = run.stdout.split()
        self.seconds, self.cpu, self.mib = float(seconds), float(cpu), int(kib) / 1024
        self.status, self.said = int(status), run.stderr


def summed(said):
    """What the summary of `lastack read` counts."""
    return {"packets": int(re.search(r": (\d+) packets?\b", said)[1]),
            "connections": int(re.search(r"^(\d+) connections?\b", said, re.M)[1])}


def stored(database):
    """The same and more, from the rows."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        connections, packets, octets = db.execute(
            "SELECT count(*), sum(initiator_segments + responder_segments), sum(initiator_bytes + responder_bytes)"
            " FROM connection").fetchone()
        outcomes = dict(db.execute("SELECT outcome, count(*) FROM connection GROUP BY outcome"))
    return {"connections": connections, "packets": packets, "octets": octets, "outcomes": outcomes}


def differences(truth, found):
    """A line for each figure that is not the truth.  What was evicted for want of room has any outcome."""
    for key, value in found.items():
        wanted = truth[key]
        if key == "outcomes" and "evicted" in value:
            wanted = {word: min(count, value.get(word, 0)) for word, count in wanted.items()}
            wanted = {word: count for word, count in wanted.items() if count}
            wanted["evicted"] = truth["connections"] - sum(wanted.values())
        if value != wanted:
            yield f"{key}: {value}, in truth {wanted}"

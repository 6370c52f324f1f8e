"""How other implementations fare with the same messages: python3 score.py FOLDER [-v].

FOLDER is what `attacks export` has written. See README.md.
"""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from cases import cases

HERE = Path(__file__).parent

# Its name, the command that asks it, and the programs that are needed.
IMPLEMENTATIONS = [
    ("xmlsec1", [sys.executable, "xmlsec1.py"], ["xmlsec1"]),
    ("python3-saml", [sys.executable, "python3_saml.py"], []),
    ("node-saml", ["node", "node_saml.cjs"], ["node"]),
    ("samael", [sys.executable, "samael.py"], ["cargo", "faketime"]),
]


def verdicts(command, folder):
    """By the message's name; none where the implementation could not be asked."""
    done = subprocess.run([command[0], str(HERE / command[1]), str(folder)], capture_output=True, text=True)
    lines = (line.split(" ", 1) for line in done.stdout.splitlines())
    found = {name: verdict for verdict, name in lines}
    return found, (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]


def main():
    folder, verbose = Path(sys.argv[1]).resolve(), "-v" in sys.argv
    known = list(cases(folder))
    rows = []
    for name, command, programs in IMPLEMENTATIONS:
        absent = [program for program in programs if shutil.which(program) is None]
        found, reason = ({}, f"there is no {absent[0]}") if absent else verdicts(command, folder)
        if not found:
            rows.append((name, f"not asked: {reason}"))
            continue
        counts = Counter()
        for case in known:
            # Where the process has ended before a verdict, nobody was let in.
            verdict = found.get(case["name"], "reject")
            counts[case["expected"], verdict] += 1
            if verbose and verdict != case["expected"]:
                print(f"{name:<14} {'let through' if verdict == 'accept' else 'refused':<12} {case['name']}: {case['what']}")
        attacks = counts["reject", "accept"] + counts["reject", "reject"]
        good = counts["accept", "accept"] + counts["accept", "reject"]
        rows.append((name, f"{counts['reject', 'accept']:>4} of {attacks:<4}       {counts['accept', 'reject']:>4} of {good}"))
    print(f"{'':<14} attacks let through  good messages refused")
    for name, row in rows:
        print(f"{name:<14} {row}")


main()

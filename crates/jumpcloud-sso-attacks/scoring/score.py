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
    """By the message's name, empty where the implementation could not be asked; and how the process ended."""
    done = subprocess.run([command[0], str(HERE / command[1]), str(folder)], capture_output=True, text=True)
    lines = (line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(("accept ", "reject ")))
    found = {name: verdict for verdict, name in lines}
    ended = f"exit code {done.returncode}"
    return found, (done.stderr.strip().splitlines() or [ended])[-1], done.returncode


def row(known, found):
    """How many attacks were let through, good messages refused, and messages not answered about at all."""
    # Where the process has ended before a verdict, there is none: that is no refusal.
    counts = Counter((case["expected"], found.get(case["name"], "unanswered")) for case in known)
    attacks, good = (sum(case["expected"] == kind for case in known) for kind in ("reject", "accept"))
    unanswered = counts["reject", "unanswered"] + counts["accept", "unanswered"]
    return f"{counts['reject', 'accept']:>4} of {attacks:<4}       {counts['accept', 'reject']:>4} of {good:<4}         {unanswered:>4}"


def tell_differences(name, known, found):
    """Names each message on which an implementation differs."""
    said = {"accept": "let through", "reject": "refused", "unanswered": "unanswered"}
    for case in known:
        verdict = found.get(case["name"], "unanswered")
        if verdict != case["expected"]:
            print(f"{name:<14} {said[verdict]:<12} {case['name']}: {case['what']}")


def main():
    folder, verbose = Path(sys.argv[1]).resolve(), "-v" in sys.argv
    known = list(cases(folder))
    rows = []
    for name, command, programs in IMPLEMENTATIONS:
        absent = [program for program in programs if shutil.which(program) is None]
        found, reason, status = ({}, f"there is no {absent[0]}", 0) if absent else verdicts(command, folder)
        if not found:
            rows.append((name, f"not asked: {reason}"))
            continue
        if verbose:
            tell_differences(name, known, found)
        rows.append((name, row(known, found) + (f"  ended badly: {reason}" if status else "")))
    print(f"{'':<14} attacks let through  good messages refused  unanswered")
    for name, text in rows:
        print(f"{name:<14} {text}")


main()

"""Has a second implementation look at a corpus of responses too: check_agreement.py AGREE CORPUS.

Both are asked about each response with each certificate that belongs to it. A certificate whose key is too weak to be pinned
takes its responses out: how many is printed.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

# A bit below what there is: without it, nothing might be left to agree on.
LEAST_ASKED = 35
LEAST_ACCEPTED = 9


def read(corpus):
    """The responses of each certificate."""
    by_certificate = defaultdict(set)
    for line in (corpus / "manifest.jsonl").read_text().splitlines():
        case = json.loads(line)
        for certificate in case["certificates"]:
            by_certificate[certificate].add(str(corpus / case["response"]))
    return by_certificate


def is_weak(done):
    """Whether the certificate cannot be pinned: then nothing was asked at all."""
    return done.returncode != 0 and not done.stdout and "weak" in done.stderr.lower()


def main():
    agree, corpus = sys.argv[1], Path(sys.argv[2])
    asked = accepted = failed = 0
    skipped = {}
    for certificate, responses in read(corpus).items():
        done = subprocess.run([agree, str(corpus / certificate), *sorted(responses)], capture_output=True, text=True)
        if is_weak(done):
            skipped[certificate] = len(responses)
            continue
        lines = done.stdout.splitlines()
        if done.returncode or len(lines) != len(responses):
            print(f"{certificate}:", done.stdout, done.stderr)
            failed += 1
        asked += len(lines)
        accepted += sum(line.startswith("accepted ") for line in lines)
    print(f"{asked} responses of the corpus, {accepted} of them accepted by both implementations, {failed} failures")
    print(f"{sum(skipped.values())} not asked, as the key of their certificate is too weak:", *sorted(skipped))
    if asked < LEAST_ASKED or accepted < LEAST_ACCEPTED:
        print(f"too few: at least {LEAST_ASKED} have to be asked and {LEAST_ACCEPTED} accepted")
        failed += 1
    sys.exit(failed > 0)


main()

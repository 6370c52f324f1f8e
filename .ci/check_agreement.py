"""Has a second implementation look at a corpus of responses too: check_agreement.py AGREE CORPUS."""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path


def main():
    agree, corpus = sys.argv[1], Path(sys.argv[2])
    by_certificate = defaultdict(set)
    for line in (corpus / "manifest.jsonl").read_text().splitlines():
        case = json.loads(line)
        for certificate in case["certificates"]:
            by_certificate[certificate].add(str(corpus / case["response"]))
    accepted = files = failed = 0
    for certificate, responses in by_certificate.items():
        done = subprocess.run([agree, str(corpus / certificate), *sorted(responses)], capture_output=True, text=True)
        lines = done.stdout.splitlines()
        if done.returncode and "weak" not in done.stderr.lower() and "TooWeak" not in done.stderr:
            print(done.stdout, done.stderr)
            failed += 1
        files += len(lines)
        accepted += sum(line.startswith("accepted ") for line in lines)
    print(f"{files} responses of the corpus, {accepted} of them accepted by both implementations, {failed} failures")
    sys.exit(failed > 0 or accepted == 0)


main()

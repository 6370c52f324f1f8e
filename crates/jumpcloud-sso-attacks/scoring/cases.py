"""What the scripts in Python have in common: cases in, verdicts out."""

import json
import os
import signal
import sys
from pathlib import Path


def cases(folder):
    """The messages that all implementations can be asked about: XML in the clear, for a service with one certificate and nothing
    agreed on algorithms."""
    for line in (folder / "manifest.jsonl").read_text().splitlines():
        case = json.loads(line)
        plain = case["file"].endswith(".xml") and not case["decryption_key"] and case["algorithms"] is None
        plain = plain and not case["requires_signed_response"] and case["authn_contexts"] is None
        if len(case["certificates"]) == 1 and plain:
            yield case


def answer(accepts):
    """Asks `accepts(folder, case)` about every message, each in a process of its own: what one leaves behind must not decide
    about the next, and one that crashes or takes a minute has not answered."""
    folder = Path(sys.argv[1])
    for case in cases(folder):
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
            try:
                accepted = accepts(folder, case)
            except Exception:  # Whatever an implementation raises, it has not let anybody in.
                accepted = False
            os._exit(0 if accepted else 1)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            continue
        print("accept" if status == 0 else "reject", case["name"], flush=True)

"""Runs `jumpcloud-sso verify` over a corpus of responses with known verdicts: check_corpus.py COMMAND CORPUS.

An accept case that needs what is refused on principle counts as right where the error names that very thing.
"""

import json
import subprocess
import sys
from pathlib import Path

# What a case may need beyond a strict profile, and the codes that name it.
REFUSED_ON_PRINCIPLE = {
    "allow_missing_audience": {"assertion.audience_missing", "assertion.audience"},
    "allow_sc_notbefore": {"assertion.confirmation"},
    "allow_sha1": {"algorithm.sha1_refused", "certificate.weak_key"},
    "allow_aes_cbc": {"encryption.cbc_refused", "encryption.weak_key"},
}
# Keys below 2048 bits are refused whatever else a case needs; the corpus does not list them as a need.
WEAK = {"certificate.weak_key", "encryption.weak_key"}


def verify(command, corpus, case, flags):
    arguments = [command, "verify", str(corpus / case["response"]), "--json", "--stage", "assertion"]
    for certificate in case["certificates"]:
        arguments += ["--idp-certificate", str(corpus / certificate)]
    arguments += ["--idp-entity-id", case["idp_entity_id"] or "none"]
    arguments += ["--sp-entity-id", case["audience"] or "none", "--acs-url", case["acs_url"] or "none"]
    arguments += ["--at", case["clock"], "--clock-skew", str(case["clock_skew_seconds"])]
    if case["request_id"]:
        arguments += ["--request-id", case["request_id"]]
    if case["decryption_key"]:
        arguments += ["--decryption-key", str(corpus / case["decryption_key"])]
    done = subprocess.run(arguments + flags, capture_output=True, text=True, timeout=10)
    return done.returncode, json.loads(done.stdout) if done.stdout else {"code": done.stderr}


def is_right(case, exit_code, answer):
    expected, needs = case["expected"], case["needs"]
    forbidden = case["forbidden_name_id"] or []
    forbidden = [forbidden] if isinstance(forbidden, str) else forbidden
    if exit_code == 0 and answer["name_id"] in forbidden:
        return False
    if expected == "accept":
        named = set().union(*(REFUSED_ON_PRINCIPLE.get(need, set()) for need in needs)) | WEAK
        return exit_code == 0 or (exit_code == 1 and answer["code"] in named)
    if expected == "reject":
        return exit_code == 1
    return exit_code in (0, 1)


def main():
    command, corpus = sys.argv[1], Path(sys.argv[2])
    cases = [json.loads(line) for line in (corpus / "manifest.jsonl").read_text().splitlines()]
    wrong = 0
    for case in cases:
        permitted = {"allow_sha1": "--allow-sha1", "allow_aes_cbc": "--allow-aes-cbc"}
        flags = [permitted[need] for need in case["needs"] if need in permitted]
        for some in {(), tuple(flags)}:
            exit_code, answer = verify(command, corpus, case, list(some))
            right = is_right(case, exit_code, answer)
            wrong += not right
            if not right or "-v" in sys.argv:
                verdict = "accepted" if exit_code == 0 else answer["code"]
                print("right" if right else "WRONG", case["expected"], verdict, case["id"], *some, answer.get("message", ""))
    print(f"{len(cases)} cases of the corpus, {wrong} wrong")
    sys.exit(wrong > 0)


main()

"""Runs the attacks through the command line, and shows with the reference implementation that attacks on the structure of
signatures are real: check_attacks.py COMMAND ATTACKS FOLDER.

ATTACKS is the program that writes the cases. Where `xmlsec1` is there, it verifies the cases in which an evil assertion or
Response stands beside what was signed; at least some of these it has to find good, for such an attack is one only where a
signature still holds.
"""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

WRAPPING = {"G03", "G04", "G05", "G06", "G07", "G08", "G09", "G10", "G11", "G12", "G26", "G27", "G35", "G36", "G37", "N01"}


def verify(command, folder, case):
    arguments = [command, "verify", str(folder / case["file"]), "--json"]
    for certificate in case["certificates"]:
        arguments += ["--idp-certificate", str(folder / certificate)]
    arguments += ["--idp-entity-id", case["idp_entity_id"], "--sp-entity-id", case["sp_entity_id"]]
    arguments += ["--acs-url", case["acs_url"], "--at", case["at"], "--clock-skew", str(min(case["clock_skew"], 300))]
    if case["request_id"]:
        arguments += ["--request-id", case["request_id"]]
    if case["decryption_key"]:
        arguments += ["--decryption-key", str(folder / case["decryption_key"])]
    begin = time.monotonic()
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout, done.stderr, time.monotonic() - begin


def is_right(case, code, out):
    if case["expected"] == "accept":
        return code == 0 and json.loads(out)["name_id"] == case["name_id"]
    # A service that is configured wrongly is wrong use of the command, which says so on standard error.
    if case["code"].startswith(("config.", "certificate.", "limit.certificates")):
        return code in (1, 2)
    # The command takes XML and base64 alike, and tells them by their beginning.
    if case["name"] == "B08-the-xml-itself":
        return code == 0
    if case["name"] in ("B08-a-quote-in-front", "B08-a-non-breaking-space", "P15-nothing", "P15-white-space-only"):
        return code == 1
    return code == 1 and json.loads(out)["code"] == case["code"]


def holds_for_xmlsec1(folder, case):
    """Whether the reference implementation finds a good signature by the pinned key in the document."""
    arguments = ["xmlsec1", "--verify", "--enabled-reference-uris", "same-doc"]
    for element in ("assertion:Assertion", "protocol:Response"):
        arguments += ["--id-attr:ID", f"urn:oasis:names:tc:SAML:2.0:{element}"]
    arguments += ["--pubkey-cert-pem", str(folder / case["certificates"][0]), str(folder / case["file"])]
    return subprocess.run(arguments, capture_output=True).returncode == 0


def main():
    command, attacks, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    subprocess.run([attacks, "export", str(folder)], check=True)
    cases = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    wrong, slow = [], []
    for case in cases:
        if not case["certificates"]:
            continue
        code, out, err, seconds = verify(command, folder, case)
        if not is_right(case, code, out):
            wrong.append(f"{case['name']}: {code} {out} {err}")
        if seconds > 1:
            slow.append(f"{case['name']}: {seconds:.1f} s")
    print(f"{len(cases)} attacks through the command line, {len(wrong)} wrong, {len(slow)} slower than a second")
    print(*wrong, *slow, sep="\n", end="")
    failed = bool(wrong or slow)
    if shutil.which("xmlsec1"):
        structural = [case for case in cases if case["id"] in WRAPPING and case["expected"] == "reject"]
        real = [case["name"] for case in structural if holds_for_xmlsec1(folder, case)]
        print(f"xmlsec1 finds a good signature in {len(real)} of {len(structural)} documents that are wrapped or cut")
        failed |= len(real) < 20
        if "-v" in sys.argv:
            print(*real, sep="\n")
    sys.exit(failed)


main()

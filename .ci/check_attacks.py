"""Runs the attacks through the command line, and asks the reference implementation about those on signatures:
check_attacks.py COMMAND ATTACKS FOLDER [--update].

ATTACKS is the program that writes the cases. Where `xmlsec1` is there, it verifies those that are refused for something about
a signature, its canonical form, its algorithms or its key; which of them it finds good is written in verified_by_xmlsec1.txt,
line by line (`--update` writes it anew), and compared with that. In these a signature by the pinned key holds, but for K02, where
xmlsec1 takes the attacker's key out of KeyInfo, though it was given another one. Why it refuses the other ones is not looked at.
"""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cases import is_said, read, verify_attack

RECORD = Path(__file__).with_name("verified_by_xmlsec1.txt")
# The canonical form, structure, keys, algorithms; of the parser, what has to do with roots, IDs and names.
FAMILIES = ("N", "G", "K", "A", "P14", "P17", "P18", "P19", "P29", "P32", "P33")
# The command takes XML and base64 alike and tells them by their beginning, so that it has another word for these.
TAKEN_OTHERWISE = {
    "B08-the-xml-itself": None,
    "B08-a-quote-in-front": "xml.structure",
    "B08-a-non-breaking-space": "xml.structure",
    "P15-nothing": "binding.empty",
    "P15-white-space-only": "binding.empty",
}
# A service that is configured wrongly is wrong use of the command, which says so on standard error.
WRONG_USE = {"certificate.private_key", "key.several", "limit.certificates"}


def is_right(case, status, out, err):
    if case["name"] in TAKEN_OTHERWISE:
        code = TAKEN_OTHERWISE[case["name"]]
        return status == 0 if code is None else status == 1 and json.loads(out)["code"] == code
    if case["expected"] == "accept":
        return status == 0 and json.loads(out)["name_id"] == case["name_id"]
    if case["code"] in WRONG_USE:
        return status == 2 and f"({case['code']})" in err.splitlines()[0]
    return status == 1 and json.loads(out)["code"] == case["code"]


def holds_for_xmlsec1(folder, case):
    """Whether the reference implementation finds a good signature in the document, having been given the pinned key."""
    arguments = ["xmlsec1", "--verify", "--enabled-reference-uris", "empty,same-doc"]
    for element in ("assertion:Assertion", "protocol:Response"):
        arguments += ["--id-attr:ID", f"urn:oasis:names:tc:SAML:2.0:{element}"]
    arguments += ["--pubkey-cert-pem", str(folder / case["certificates"][0]), str(folder / case["file"])]
    return subprocess.run(arguments, capture_output=True, timeout=20).returncode == 0


def reference_agrees(folder, cases, update):
    """Whether xmlsec1 finds a good signature in exactly the cases that are written down."""
    asked = [case for case in cases if case["id"].startswith(FAMILIES) and case["expected"] == "reject" and case["certificates"]]
    with ThreadPoolExecutor() as pool:
        held = pool.map(lambda case: holds_for_xmlsec1(folder, case), asked)
        found = sorted(case["name"] for case, holds in zip(asked, held) if holds)
    if update:
        RECORD.write_text("".join(f"{name}\n" for name in found))
    recorded = RECORD.read_text().splitlines()
    print(f"xmlsec1 was asked about {len(asked)} documents that have to be refused: {len(found)} verify, {len(recorded)} are "
          f"written in {RECORD.name}, and the two are {'the same' if found == recorded else 'not the same'}")
    for name in sorted(set(found) - set(recorded)):
        print(f"{name}: xmlsec1 finds the signature good, which is not written in {RECORD.name}")
    for name in sorted(set(recorded) - set(found)):
        print(f"{name}: xmlsec1 finds no good signature, unlike it is written in {RECORD.name}")
    return found == recorded


def main():
    command, attacks, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    if (folder / "manifest.jsonl").exists():
        shutil.rmtree(folder)
    subprocess.run([attacks, "export", str(folder)], check=True)
    cases = read(folder)
    said = [case for case in cases if is_said(case)]
    wrong, slow = [], []
    for case in said:
        status, out, err, seconds = verify_attack(command, folder, case)
        if not is_right(case, status, out, err):
            wrong.append(f"{case['name']}: {status} {out} {err}")
        if seconds > 1:
            slow.append(f"{case['name']}: {seconds:.1f} s")
    print(f"{len(said)} attacks through the command line, {len(wrong)} wrong, {len(slow)} slower than a second")
    skipped = [case["name"] for case in cases if not is_said(case)]
    print(f"{len(skipped)} left out, which it cannot be told:", *skipped)
    print(*wrong, *slow, sep="\n", end="")
    failed = bool(wrong or slow)
    if shutil.which("xmlsec1"):
        failed |= not reference_agrees(folder, cases, "--update" in sys.argv)
    sys.exit(failed)


main()

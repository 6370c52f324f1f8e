"""Changes every single character of the signed content of a real Response and expects a refusal each time.

check_mutations.py COMMAND CORPUS CASE-ID
"""

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

command, corpus, case_id = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
cases = (json.loads(line) for line in (corpus / "manifest.jsonl").read_text().splitlines())
case = next(case for case in cases if case["id"] == case_id)
xml = (corpus / case["response"]).read_text()
arguments = ["--idp-certificate", str(corpus / case["certificates"][0]), "--idp-entity-id", case["idp_entity_id"]]
arguments += ["--sp-entity-id", case["audience"], "--acs-url", case["acs_url"], "--at", case["clock"]]
arguments += ["--stage", "assertion", "--json"]


def exit_code(text):
    return subprocess.run(
        [command, "verify", "-", *arguments], input=text, text=True, stdout=subprocess.DEVNULL, timeout=10
    ).returncode


def changed(at):
    other = "A" if xml[at] != "A" else "B"
    return xml[:at] + other + xml[at + 1 :]


# What is signed: the assertion without its signature, and the SignedInfo; the value of the signature as well.
start, end = xml.index("<saml2:Assertion"), xml.index("</saml2:Assertion>") + len("</saml2:Assertion>")
key_info = range(xml.index("<ds:KeyInfo>"), xml.index("</ds:KeyInfo>") + len("</ds:KeyInfo>"))
positions = [at for at in range(start, end) if at not in key_info]
assert exit_code(xml) == 0, "the unchanged Response is not accepted"
with ThreadPoolExecutor(4) as pool:
    codes = list(pool.map(lambda at: exit_code(changed(at)), positions))
wrong = [at for at, code in zip(positions, codes) if code != 1]
print(f"{len(positions)} changed Responses, {len(wrong)} not refused", wrong[:10])
sys.exit(bool(wrong))

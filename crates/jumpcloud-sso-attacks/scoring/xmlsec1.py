"""The reference implementation of XML Signature: python3 xmlsec1.py FOLDER."""

import subprocess

from cases import answer


def accepts(folder, case):
    arguments = ["xmlsec1", "--verify", "--enabled-reference-uris", "same-doc"]
    for element in ("assertion:Assertion", "protocol:Response"):
        arguments += ["--id-attr:ID", f"urn:oasis:names:tc:SAML:2.0:{element}"]
    arguments += ["--pubkey-cert-pem", str(folder / case["certificates"][0]), str(folder / case["file"])]
    return subprocess.run(arguments, capture_output=True, timeout=60).returncode == 0


answer(accepts)

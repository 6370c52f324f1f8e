"""Compares `jumpcloud-sso canonicalize` with canonical forms byte for byte: check_c14n.py COMMAND FOLDER."""

import sys
from pathlib import Path

from cases import canonicalize_vector, is_exclusive, read

# What the strict parser refuses whatever its canonical form is.
REFUSED_ON_PRINCIPLE = [b"(xml.comment_in_value)", b"(xml.processing_instruction)"]
# The one whose namespace name is not a URI by RFC 3986: it holds a quotation mark.
NOT_A_URI = "37-ns-uri-escapes"

command, folder = sys.argv[1], Path(sys.argv[2])
same = refused = wrong = 0
for case in filter(is_exclusive, read(folder)):
    done = canonicalize_vector(command, folder, case)
    is_principle = any(code in done.stderr for code in REFUSED_ON_PRINCIPLE) or (
        NOT_A_URI in case["input"] and b"(xml.namespace_uri)" in done.stderr
    )
    if done.returncode == 1 and is_principle:
        refused += 1
    elif done.returncode == 0 and done.stdout == (folder / case["canonical"]).read_bytes():
        same += 1
    else:
        wrong += 1
        print("WRONG", case["id"])
print(f"{same} canonical forms the same, {refused} documents refused by the strict parser, {wrong} wrong")
sys.exit(wrong > 0)

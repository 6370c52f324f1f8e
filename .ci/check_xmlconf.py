"""Runs `jumpcloud-sso canonicalize` over documents of the W3C's XML test suite: check_xmlconf.py COMMAND FOLDER.

Documents that are well-formed but hold what the strict parser refuses on principle count as rightly refused, where the
refusal names it: those in UTF-16, which the parser does not read.
"""

import sys
from pathlib import Path

from cases import canonicalize_document, read

command, folder = sys.argv[1], Path(sys.argv[2])
wrong = total = 0
for case in read(folder):
    done = canonicalize_document(command, folder, case)
    refused_on_principle = b"(xml.encoding)" in done.stderr or b"(xml.doctype)" in done.stderr
    if case["expected"] == "accept":
        right = done.returncode == 0 or (done.returncode == 1 and refused_on_principle)
    else:
        right = done.returncode == 1
    total += 1
    if not right:
        wrong += 1
        print("WRONG", case["expected"], done.returncode, case["file"])
print(f"{total} documents of the XML test suite, {wrong} wrong")
sys.exit(wrong > 0)

"""Work grows with the input, and hostile documents are answered at once: check_bounds.py COMMAND GROWTH CERTIFICATE FOLDER.

Instructions are counted by callgrind rather than seconds: twice the input may cost 2.3 times as many at the most. Files of
20 MB, which meet the limit of the size first, and files of just under that limit, which are parsed up to another limit or to
their end, are answered within a second and within 64 MiB.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

# KiB. What is twice as much is nearly all that is read at all: 256 KiB.
SIZES = (127, 254)
KINDS = ("attributes", "namespaces", "ids", "elements", "crowded", "deep", "comments", "cdata", "text")


def instructions(growth, operation, kind, size):
    arguments = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*measured*"]
    done = subprocess.run([*arguments, growth, operation, kind, str(size)], capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found or int(found[1]) == 0:
        sys.exit(f"{operation} {kind} {size}: {done.stdout}{done.stderr}")
    return int(found[1])


def growth_is_linear(growth):
    failed = False
    for operation in ("parse", "canonicalize", "verify", "profile"):
        for kind in KINDS:
            counts = [instructions(growth, operation, kind, size) for size in SIZES]
            ratios = [after / before for before, after in zip(counts, counts[1:])]
            shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
            print(f"{operation:<13} {kind:<11} {counts[0] / 1e6:6.1f} million instructions for {SIZES[0]} KiB; for twice as much {shown} times as many")
            failed |= max(ratios) > 2.3
    return not failed


# Documents that are hostile, each in its own way: how they begin, what is repeated, how they end. A piece may have a number.
# Of 20 MB, none is read further than to its size; of just under 256 KiB, all are.
HOSTILE = {
    "nothing but elements": ("", "<x>", ""),
    "one tag of attributes": ("<x", " a%d=''", "/>"),
    "one tag of namespaces": ("<x", " xmlns:a%d='u:x'", "/>"),
    "one long text": ("<x>", "a", "</x>"),
    "one long name": ("<", "a", "/>"),
    "comments": ("<x>", "<!---->", "</x>"),
    "references": ("<x>", "&#65;", "</x>"),
    "entities": ("<x>", "&e;", "</x>"),
    "a DOCTYPE": ("<!DOCTYPE x [", "<!ENTITY a 'b'>", "]><x/>"),
    "brackets": ("", "<", ""),
    "base64": ("", "A", ""),
    "zeros": ("", "\0", ""),
}

# Within the limits of the parser, so that the whole of it is read: as many declarations as may be in scope, as deep as may be.
# In extensions anything may stand, so that the schema of SAML is not what stops it: that nobody signed it is.
ATTRIBUTES = "Version='2.0' IssueInstant='2027-01-15T08:00:00Z'"
RESPONSE = f"<p:Response xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol' ID='r' {ATTRIBUTES}><p:Extensions>"
END = f"""</p:Extensions><p:Status><p:StatusCode Value='urn:oasis:names:tc:SAML:2.0:status:Success'/></p:Status>
<a:Assertion xmlns:a='urn:oasis:names:tc:SAML:2.0:assertion' ID='a' {ATTRIBUTES}><a:Issuer>b</a:Issuer></a:Assertion></p:Response>"""
SCOPE = "".join(f"<x{''.join(f' xmlns:n{level}-{number}={chr(39)}u:x{chr(39)}' for number in range(60))}>" for level in range(4))
SMALL = HOSTILE | {
    "elements within all namespaces in scope": (f"{RESPONSE}{SCOPE}", "<n0-0:x n3-59:a=''/>", f"{'</x>' * 4}{END}"),
    "elements within as many that are not bound": (f"{RESPONSE}{SCOPE}", "<n9-9:x/>", f"{'</x>' * 4}{END}"),
    "IDs": (RESPONSE, "<x ID='i%d'/>", END),
    "IDs of one name": (RESPONSE, "<x ID='the-same-one'/>", END),
    "elements at the deepest": (f"{RESPONSE}{'<x>' * 61}", "<a-long-name-here/>", f"{'</x>' * 61}{END}"),
    "towers up to the deepest": (RESPONSE, f"{'<a-long-name>' * 62}{'</a-long-name>' * 62}", END),
    "tags of as many attributes as may be": (RESPONSE, f"<x{''.join(f' a{number}={chr(39)}{chr(39)}' for number in range(64))}/>", END),
    "attributes of one name but for the prefix": (f"{RESPONSE}<x xmlns:a='u:a' xmlns:b='u:a'>", "<x a:c='' b:c=''/>", f"</x>{END}"),
    "CDATA": (RESPONSE, "<![CDATA[a]]>", END),
    "CDATA that is empty": (RESPONSE, "<![CDATA[]]>", END),
    "references in one attribute": ("<x a='", "&#x41;", "'/>"),
    "texts between comments": (RESPONSE, "a<!---->", END),
    "texts between elements": (RESPONSE, "as many nodes as there may be in 256 KiB<x/>", END),
    "signatures": (RESPONSE, "<d:Signature xmlns:d='http://www.w3.org/2000/09/xmldsig#'/>", END),
    "references of one signature": (
        f"{RESPONSE}<d:Signature xmlns:d='http://www.w3.org/2000/09/xmldsig#'><d:SignedInfo>",
        "<d:Reference/>",
        f"</d:SignedInfo></d:Signature>{END}",
    ),
    "assertions": (RESPONSE, "<a:Assertion xmlns:a='urn:oasis:names:tc:SAML:2.0:assertion'/>", END),
    "line ends": (RESPONSE, "\r\n\r", END),
}
LIMIT = 256 * 1024


def write(file, parts, size):
    """In small parts: what this program holds in memory would count as the other one's. Never more than `size`, if it fits."""
    head, piece, tail = parts
    with file.open("w", newline="") as out:
        written, number = out.write(head) + len(tail), 0
        while True:
            longest = len(piece % (number + 1000) if "%d" in piece else piece)
            count = min(1000, (size - written) // longest)
            if count < 1:
                break
            written += out.write("".join(piece % (number + more) if "%d" in piece else piece for more in range(count)))
            number += count
        out.write(tail)


def answered(command, arguments, file):
    """The code, and whether it came within a second and 64 MiB."""
    with file.with_name("answer").open("w+") as answer:
        begin = time.monotonic()
        process = subprocess.Popen([command, "verify", str(file), *arguments], stdout=answer)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds, mebibytes = time.monotonic() - begin, usage.ru_maxrss / 1024
        answer.seek(0)
        code = json.loads(answer.read())["code"] if process.returncode == 1 else f"exit {process.returncode}"
    return code, f"{seconds:.2f} s, {mebibytes:.0f} MiB", process.returncode == 1 and seconds <= 1 and mebibytes <= 64


def answered_at_once(command, certificate, folder):
    folder.mkdir(parents=True, exist_ok=True)
    failed = False
    arguments = ["--idp-certificate", certificate, "--idp-entity-id", "a", "--sp-entity-id", "b", "--acs-url", "https://c.test", "--json"]
    file = folder / "hostile"
    for size, unit, documents in ((20_000_000, "20 MB", HOSTILE), (LIMIT - 1, "256 KiB", SMALL)):
        for what, parts in documents.items():
            write(file, parts, size)
            code, cost, is_right = answered(command, arguments, file)
            print(f"{unit} of {what}: {code}, {cost}")
            # The size decides in those that are too large, and in no other one.
            failed |= not is_right or (code == "limit.input") != (size > LIMIT)
    return not failed


def main():
    command, growth, certificate, folder = sys.argv[1:5]
    right = answered_at_once(command, certificate, Path(folder))
    right &= growth_is_linear(growth)
    sys.exit(not right)


main()

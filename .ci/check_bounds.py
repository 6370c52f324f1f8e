"""Work grows with the input, and hostile documents are answered at once: check_bounds.py COMMAND GROWTH CERTIFICATE FOLDER.

Instructions are counted by callgrind rather than seconds: twice the input may cost 2.3 times as many at the most. Files of
20 MB are answered within a second and within 64 MiB.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

SIZES = (100, 200)


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
        for kind in ("attributes", "namespaces", "ids", "text", "deep"):
            counts = [instructions(growth, operation, kind, size) for size in SIZES]
            ratios = [after / before for before, after in zip(counts, counts[1:])]
            shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
            print(f"{operation:<13} {kind:<11} {counts[0] / 1e6:6.1f} million instructions for {SIZES[0]} KiB; for twice as much {shown} times as many")
            failed |= max(ratios) > 2.3
    return not failed


# Documents of 20 MB, each hostile in its own way: how they begin, what is repeated, how they end. A piece may have a number.
HOSTILE = {
    "nothing but elements": ("", "<x>", ""),
    "one tag of attributes": ("<x", " a%d=''", "/>"),
    "one tag of namespaces": ("<x", " xmlns:a%d='u:'", "/>"),
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


def write(file, head, piece, tail):
    """In small parts: what this program holds in memory would count as the other one's."""
    with file.open("w") as out:
        written, number = out.write(head), 0
        while written < 20_000_000:
            part = "".join(piece % (number + more) if "%d" in piece else piece for more in range(1000))
            written += out.write(part)
            number += 1000
        out.write(tail)


def answered_at_once(command, certificate, folder):
    folder.mkdir(parents=True, exist_ok=True)
    failed = False
    arguments = ["--idp-certificate", certificate, "--idp-entity-id", "a", "--sp-entity-id", "b", "--acs-url", "https://c.test", "--json"]
    for what, parts in HOSTILE.items():
        file = folder / "hostile"
        write(file, *parts)
        begin = time.monotonic()
        process = subprocess.Popen([command, "verify", str(file), *arguments], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds, mebibytes = time.monotonic() - begin, usage.ru_maxrss / 1024
        print(f"20 MB of {what}: {seconds:.2f} s, {mebibytes:.0f} MiB")
        failed |= process.returncode != 1 or seconds > 1 or mebibytes > 64
    return not failed


def main():
    command, growth, certificate, folder = sys.argv[1:5]
    right = answered_at_once(command, certificate, Path(folder))
    right &= growth_is_linear(growth)
    sys.exit(not right)


main()

"""Compares every answer of the command line with what it was: check_golden.py COMMAND ATTACKS_FOLDER SHARED [--update].

golden.txt has a line for each case: its name, the exit code, the code and the stage, or the SHA-256 of a canonical form. The
cases are the attacks, which `attacks export ATTACKS_FOLDER` has written, and those of SHARED: vectors, other projects'
responses, reports. Where SHARED is absent, the attacks alone are compared. `--update` writes the file anew.
"""

import difflib
import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import cases

RECORD = Path(__file__).with_name("golden.txt")
HEADER = """\
# What the command line answers to each case: its name, exit code, code and stage; of a canonical form its SHA-256.
# Written by `check_golden.py --update` and compared by .ci/run. A commit that changes a line names it, with the reason.
"""


def line(name, status, *rest):
    return " ".join([name.replace(" ", "_"), str(status), *rest])


def attack(command, folder, case):
    status, out, err, _ = cases.verify_attack(command, folder, case)
    return line(f"attack:{case['name']}", status, *cases.code_and_stage(out, err))


def canonical_form(name, done):
    """The line of a document that is canonicalized, or refused for a reason."""
    if done.returncode == 0:
        return line(name, 0, hashlib.sha256(done.stdout).hexdigest())
    return line(name, done.returncode, cases.code_and_stage("", done.stderr.decode())[0])


def c14n(command, folder, case):
    return canonical_form(f"c14n:{case['id']}", cases.canonicalize_vector(command, folder, case))


def xmlconf(command, folder, case):
    done = cases.canonicalize_document(command, folder, case)
    return line(f"xmlconf:{case['file']}", done.returncode, cases.code_and_stage("", done.stderr.decode())[0])


def response(command, folder, case):
    """A case of the corpus, with what it needs permitted after the bar."""
    case, flags = case
    done = cases.verify_response(command, folder, case, flags)
    return line("|".join([f"corpus:{case['id']}", *flags]), done.returncode, *cases.code_and_stage(done.stdout, done.stderr))


def with_flags(case):
    """A case of the corpus by default, and with the flags that it needs."""
    return [(case, list(flags)) for flags in {(), tuple(cases.permitted_flags(case))}]


def report(command, folder, case):
    done = cases.run_report(command, folder, case)
    return line(f"report:{case['name']}", done.returncode, *cases.code_and_stage(done.stdout, done.stderr))


def answers(command, attacks, shared):
    """The lines, sorted."""
    work = [partial(attack, command, attacks, case) for case in cases.read(attacks) if cases.is_said(case)]
    if shared.is_dir():
        vectors, documents = shared / "vectors/c14n", shared / "vectors/xmlconf"
        corpus, reports = shared / "corpus", shared / "reports"
        work += [partial(c14n, command, vectors, case) for case in cases.read(vectors) if cases.is_exclusive(case)]
        work += [partial(xmlconf, command, documents, case) for case in cases.read(documents)]
        work += [partial(response, command, corpus, each) for case in cases.read(corpus) for each in with_flags(case)]
        work += [partial(report, command, reports, case) for case in cases.read(reports)]
    with ThreadPoolExecutor() as pool:
        lines = sorted(pool.map(lambda it: it(), work))
    names = [it.split(" ")[0] for it in lines]
    twice = {first for first, second in zip(names, names[1:]) if first == second}
    if twice:
        sys.exit(f"cases of the same name: {', '.join(sorted(twice))}")
    return lines


def main():
    update = "--update" in sys.argv
    command, attacks, shared = (Path(it) for it in sys.argv[1:] if it != "--update")
    if update and not shared.is_dir():
        sys.exit(f"there is no {shared}, whose lines would be lost")
    found = answers(str(command), attacks, shared)
    if update:
        RECORD.write_text(HEADER + "".join(f"{it}\n" for it in found))
    recorded = [it for it in RECORD.read_text().splitlines() if not it.startswith("#")]
    if not shared.is_dir():
        recorded = [it for it in recorded if it.startswith("attack:")]
        print(f"there is no {shared}: the attacks alone are compared")
    diff = list(difflib.unified_diff(recorded, found, RECORD.name, "found", n=0, lineterm=""))
    print(*diff, sep="\n", end="\n" if diff else "")
    changed = sum(it[0] in "+-" for it in diff[2:])
    print(f"{len(found)} answers of the command line, {changed} lines differ from {RECORD.name}")
    sys.exit(bool(diff))


main()

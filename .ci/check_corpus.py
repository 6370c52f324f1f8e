"""Runs `jumpcloud-sso verify` over a corpus of responses with known verdicts: check_corpus.py COMMAND CORPUS [KEY CERTIFICATE].

An accept case that needs what is refused on principle counts as right where the error names that very thing. How many are
accepted, and how many refused for which such reason, is printed.

Many cases are signed by keys that are too small, which are refused before the message is looked at: that a case is refused
then says nothing about the attack in it. With KEY and CERTIFICATE each such case that has to be rejected is tried again,
its signatures made anew by that key over the SignedInfo as it is: digests, references and contents stay what they were, and
it has to be refused for them. Those that have to be accepted are, as a proof that signing anew does what it should.
"""

import base64
import collections
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from cases import permitted_flags, read, verify_response

# What a case may need beyond a strict profile, and the codes that name it.
REFUSED_ON_PRINCIPLE = {
    "allow_missing_audience": {"assertion.audience_missing", "assertion.audience"},
    "allow_sc_notbefore": {"assertion.confirmation"},
    "allow_sha1": {"algorithm.sha1_refused", "certificate.weak_key"},
    "allow_aes_cbc": {"encryption.cbc_refused", "encryption.weak_key"},
    "allow_foreign_sp_name_qualifier": {"assertion.name_id"},
}
# Keys below 2048 bits are refused whatever else a case needs; the corpus does not list them as a need.
WEAK = {"certificate.weak_key", "encryption.weak_key"}


def verify(command, corpus, case, flags, response=None, certificates=None):
    done = verify_response(command, corpus, case, flags, response, certificates)
    return done.returncode, json.loads(done.stdout) if done.stdout else {"code": done.stderr}


def named(case):
    """The codes that name what an accept case needs and is refused for on principle."""
    return set().union(*(REFUSED_ON_PRINCIPLE.get(need, set()) for need in case["needs"]))


def is_right(case, exit_code, answer):
    expected = case["expected"]
    forbidden = case["forbidden_name_id"] or []
    forbidden = [forbidden] if isinstance(forbidden, str) else forbidden
    if exit_code == 0 and answer["name_id"] in forbidden:
        return False
    if expected == "accept":
        return exit_code == 0 or (exit_code == 1 and answer["code"] in named(case) | WEAK)
    if expected == "reject":
        return exit_code == 1
    return exit_code in (0, 1)


def signed_again(command, xml, key):
    """The message with each signature value made anew over its SignedInfo."""
    declared = dict(re.findall(r'\bxmlns:([\w.-]+)=["\']([^"\']*)["\']', xml))
    parts = re.split(r"(<(?:[\w.-]+:)?SignedInfo\b.*?</(?:[\w.-]+:)?SignedInfo\s*>)", xml, flags=re.S)
    for place in range(1, len(parts), 2):
        signature = sign(command, parts[place], declared, key)
        value = r"(<(?:[\w.-]+:)?SignatureValue\b[^>]*>)[^<]*"
        parts[place + 1] = re.sub(value, lambda match: match[1] + signature, parts[place + 1], count=1)
    return "".join(parts)


def sign(command, signed_info, declared, key):
    algorithm = re.search(r'SignatureMethod\b[^>]*Algorithm=["\'][^"\']*#rsa-sha(1|256|384|512)["\']', signed_info)
    if not algorithm:
        sys.exit(f"a signature that cannot be made anew: {signed_info}")
    # By itself it lacks the declarations of what is around it. Of these the exclusive form keeps what is used.
    name = re.match(r"<(?:([\w.-]+):)?", signed_info)[1]
    own = "" if name or " xmlns=" in signed_info.partition(">")[0] else ' xmlns="http://www.w3.org/2000/09/xmldsig#"'
    head = signed_info.partition(">")[0]
    outer = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in declared.items() if f"xmlns:{prefix}=" not in head)
    alone = re.sub(r"^<[^\s/>]+", lambda match: match[0] + own + outer, signed_info)
    form = subprocess.run([command, "canonicalize", "-"], input=alone.encode(), capture_output=True, check=True)
    digest = ["openssl", "dgst", f"-sha{algorithm[1]}", "-sign", key]
    return base64.b64encode(subprocess.run(digest, input=form.stdout, capture_output=True, check=True).stdout).decode()


def verify_again(command, corpus, case, flags, key, certificate):
    """The verdict about the case signed by another key."""
    content = (corpus / case["response"]).read_bytes().strip()
    xml = (content if content.startswith(b"<") else base64.b64decode(content)).decode()
    again = signed_again(command, xml, key)
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(again)
        file.flush()
        exit_code, answer = verify(command, corpus, case, flags, file.name, [certificate])
    return "accepted" if exit_code == 0 else answer["code"]


def shown(counts):
    return ", ".join(f"{count} {what}" for what, count in counts.most_common())


def main():
    command, corpus = sys.argv[1], Path(sys.argv[2])
    own = [argument for argument in sys.argv[3:] if argument != "-v"]
    cases = read(corpus)
    wrong = 0
    accept, reject = collections.Counter(), collections.Counter()
    again = {"accept": collections.Counter(), "reject": collections.Counter()}
    for case in cases:
        flags = permitted_flags(case)
        for some in {(), tuple(flags)}:
            exit_code, answer = verify(command, corpus, case, list(some))
            right = is_right(case, exit_code, answer)
            wrong += not right
            verdict = "accepted" if exit_code == 0 else answer["code"]
            if not right or "-v" in sys.argv:
                print("right" if right else "WRONG", case["expected"], verdict, case["id"], *some, answer.get("message", ""))
            # With all that it needs permitted, which says the most about the case.
            if some != tuple(flags):
                continue
            if case["expected"] == "accept":
                accept[verdict] += 1
            elif case["expected"] == "reject":
                reject["for a weak key, before the message was read" if verdict in WEAK else "for what they are"] += 1
            if own and case["expected"] in again and verdict == "certificate.weak_key":
                verdict = verify_again(command, corpus, case, flags, *own)
                again[case["expected"]][verdict] += 1
                # A signature around another one covers the value of that too, so that its digest no longer holds.
                if case["expected"] == "accept":
                    right = verdict in {"accepted", "signature.digest_mismatch"} | named(case) - WEAK
                else:
                    right = verdict not in WEAK | {"accepted"}
                wrong += not right
                if not right or "-v" in sys.argv:
                    print("right" if right else "WRONG", "signed again:", verdict, case["id"], case["reason"])
    print(f"{sum(accept.values())} cases to accept: {shown(accept)}")
    print(f"{sum(reject.values())} cases to reject: {shown(reject)}")
    for expected, counts in again.items() if own else ():
        print(f"{sum(counts.values())} cases to {expected} signed again by a key that is strong enough: {shown(counts)}")
    print(f"{len(cases)} cases of the corpus, {wrong} wrong")
    sys.exit(wrong > 0)


main()

"""How the command line is called with the cases of each collection, for the scripts that check what it answers."""

import json
import os
import re
import subprocess
import time

# What a case of the corpus may need, and the flag that permits it.
PERMITTED = {"allow_sha1": "--allow-sha1", "allow_aes_cbc": "--allow-aes-cbc"}


def read(folder):
    """The cases of a folder."""
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def is_said(attack):
    """Whether the command can be told what an attack needs: a pinned certificate, and nothing agreed on algorithms."""
    return bool(attack["certificates"]) and attack["algorithms"] is None


def verify_attack(command, folder, case):
    """Exit code, standard output, standard error and seconds of `verify` on an attack."""
    arguments = [command, "verify", str(folder / case["file"]), "--json"]
    for certificate in case["certificates"]:
        arguments += ["--idp-certificate", str(folder / certificate)]
    arguments += ["--idp-entity-id", case["idp_entity_id"], "--sp-entity-id", case["sp_entity_id"]]
    arguments += ["--acs-url", case["acs_url"], "--at", case["at"], "--clock-skew", str(min(case["clock_skew"], 300))]
    if case["request_id"]:
        arguments += ["--request-id", case["request_id"]]
    if case["requires_signed_response"]:
        arguments += ["--require-signed-response"]
    for context in case["authn_contexts"] or []:
        arguments += ["--authn-context", context]
    if case["decryption_key"]:
        arguments += ["--decryption-key", str(folder / case["decryption_key"])]
    begin = time.monotonic()
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout, done.stderr, time.monotonic() - begin


def permitted_flags(case):
    """The flags that permit what a case of the corpus needs."""
    return [PERMITTED[need] for need in case["needs"] if need in PERMITTED]


def verify_response(command, corpus, case, flags, response=None, certificates=None):
    """The finished process of `verify` on a case of the corpus, or on another response with other certificates."""
    response = response or corpus / case["response"]
    arguments = [command, "verify", str(response), "--json", "--stage", "assertion"]
    for certificate in certificates or [corpus / certificate for certificate in case["certificates"]]:
        arguments += ["--idp-certificate", str(certificate)]
    arguments += ["--idp-entity-id", case["idp_entity_id"] or "none"]
    arguments += ["--sp-entity-id", case["audience"] or "none", "--acs-url", case["acs_url"] or "none"]
    arguments += ["--at", case["clock"], "--clock-skew", str(case["clock_skew_seconds"])]
    if case["request_id"]:
        arguments += ["--request-id", case["request_id"]]
    if case["decryption_key"]:
        arguments += ["--decryption-key", str(corpus / case["decryption_key"])]
    return subprocess.run(arguments + flags, capture_output=True, text=True, timeout=10)


def is_exclusive(vector):
    """Whether a vector is of the only canonical form that there is."""
    return vector["algorithm"] == "exc-c14n"


def canonicalize_vector(command, folder, case):
    """The finished process of `canonicalize` on a vector of a canonical form."""
    arguments = ["--id", case["element_id"], "--inclusive-prefixes", case["inclusive_prefixes"]]
    return subprocess.run([command, "canonicalize", folder / case["input"], *arguments], capture_output=True, timeout=10)


def canonicalize_document(command, folder, case):
    """The finished process of `canonicalize` on a document of the XML test suite."""
    return subprocess.run([command, "canonicalize", folder / case["file"]], capture_output=True, timeout=10)


def run_report(command, folder, case):
    """The finished process of a report's own command."""
    environment = {name: value for name, value in os.environ.items() if name not in ("SITE_URL", "AUTH_SECRET")}
    arguments, environment = [os.path.abspath(command), *case["command"]], environment | case["env"]
    return subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=30, env=environment)


def code_and_stage(out, err):
    """The code and the stage of an answer: of its JSON, or the code in the first line of standard error; `-` for none."""
    try:
        answer = json.loads(out)
    except ValueError:
        answer = {}
    said = re.search(r"\(([a-z0-9_]+\.[a-z0-9_]+)\)$", (err.splitlines() or [""])[0])
    return answer.get("code") or (said[1] if said else "-"), answer.get("stage") or "-"

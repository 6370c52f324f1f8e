#!/usr/bin/env python3
"""Makes the signed documents of this folder: templates, each signed by `xmlsec1 --sign` with a test key of the testkit."""
import os
import subprocess
import tempfile

KEYS = "../crates/jumpcloud-sso-testkit/data"
DSIG, MORE = "http://www.w3.org/2000/09/xmldsig#", "http://www.w3.org/2001/04/xmldsig-more#"
SHA256, EXCLUSIVE = "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = f'<ds:Transform Algorithm="{DSIG}enveloped-signature"/>'
XPATH = (f'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
         f'<ds:XPath>not(ancestor-or-self::ds:Signature) and not(self::text())</ds:XPath></ds:Transform>')


def make(name, uri="#x", attribute="URI", method=MORE + "rsa-sha256", digest=SHA256, canonical=EXCLUSIVE, transforms=None,
         before="", key_info="", key="rsa2048"):
    if transforms is None:
        transforms = ENVELOPED + f'<ds:Transform Algorithm="{EXCLUSIVE}"/>'
    if transforms:
        transforms = f"<ds:Transforms>{transforms}</ds:Transforms>"
    template = (
        f'{before}<a ID="x"><!--c--><ds:Signature xmlns:ds="{DSIG}"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{canonical}"/><ds:SignatureMethod Algorithm="{method}"/>'
        f'<ds:Reference {attribute}="{uri}">{transforms}<ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference>'
        f'</ds:SignedInfo><ds:SignatureValue/>{key_info}</ds:Signature><b>value</b></a>\n')
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(template)
        file.flush()
        pair = f"{KEYS}/{key}.key.pem,{KEYS}/{key}.crt.pem"
        subprocess.run(["xmlsec1", "--sign", "--id-attr:ID", "a", "--privkey-pem", pair,
                        "--output", f"tests/data/{name}.xml", file.name], check=True)


# References to files are relative to the folder that `cargo test` runs in.
os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
exclusive = f'<ds:Transform Algorithm="{EXCLUSIVE}"/>'
make("good")
make("good-key-info", key_info="<ds:KeyInfo><ds:X509Data/></ds:KeyInfo>")
make("sha1-signature", method=DSIG + "rsa-sha1")
make("sha1-digest", digest=DSIG + "sha1")
make("md5-signature", method=MORE + "rsa-md5")
make("inclusive-method", canonical=INCLUSIVE)
make("inclusive-transform", transforms=ENVELOPED + f'<ds:Transform Algorithm="{INCLUSIVE}"/>')
make("comments-method", canonical=EXCLUSIVE + "WithComments")
make("comments-transform", transforms=ENVELOPED + f'<ds:Transform Algorithm="{EXCLUSIVE}WithComments"/>')
make("xpath", transforms=XPATH + exclusive)
make("empty-uri", uri="")
make("file", uri="tests/data/detached.txt", transforms="")
make("xpointer", uri="#xpointer(id('x'))")
make("other-attribute", attribute='xmlns:q="urn:q" q:URI', uri="#xpointer(id('x'))\" URI=\"#x")
make("doctype", before="<!DOCTYPE a [<!ENTITY e \"value\">]>")
make("foreign-key-info", key="other-rsa2048", key_info="<ds:KeyInfo><ds:X509Data/></ds:KeyInfo>")

"""Makes the test keys and certificates of this folder anew: `pip install cryptography && python3 make.py`.

Every key here is public. None protects anything.
"""

import base64
import datetime as dt
import textwrap
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

HERE = Path(__file__).parent
START, END = dt.datetime(2026, 1, 1), dt.datetime(2031, 1, 1)
SERIAL = 0x1F00D5A3C0FFEE0123456789ABCDEF0123456789


def jumpcloud_name():
    """The subject that JumpCloud gives its certificates, here for the organization Acme."""
    parts = [
        (NameOID.COUNTRY_NAME, "US"),
        (NameOID.STATE_OR_PROVINCE_NAME, "CO"),
        (NameOID.LOCALITY_NAME, "Boulder"),
        (NameOID.ORGANIZATION_NAME, "Acme"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "JumpCloudSAMLIdP"),
        (NameOID.COMMON_NAME, "JumpCloudSAMLUser"),
    ]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def write_key(file, key):
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (HERE / f"{file}.key.pem").write_bytes(pem)


def write_certificate(file, key, subject, start=START, end=END, serial=None):
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .sign(key, algorithm)
    )
    (HERE / f"{file}.crt.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate


def pair(file, key, subject):
    write_key(file, key)
    write_certificate(file, key, subject)


def der(tag, content):
    """A DER value."""
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes(2, "big") if len(content) > 255 else bytes([len(content)])
    return bytes([tag, 0x80 | len(length)]) + length + content


def with_empty_extensions(certificate, key):
    """The certificate with `extensions [3] SEQUENCE {}`, as JumpCloud issued them until 2022, signed anew."""
    body = certificate.tbs_certificate_bytes[4:] + bytes.fromhex("a3023000")
    signed = der(0x30, body)
    signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    algorithm = bytes.fromhex("300d06092a864886f70d01010b0500")
    return der(0x30, signed + algorithm + der(0x03, b"\0" + signature))


def with_exponent_1(certificate):
    """The certificate with the exponent 1 instead of 65537: of no use but to be refused. Nobody checks its own signature."""
    content = certificate.public_bytes(serialization.Encoding.DER)
    head, _, tail = content.partition(bytes.fromhex("0203010001"))
    # The exponent is two bytes shorter, and so is all that it lies in: sequence, bit string, key, body, certificate.
    key = der(0x30, head[-257 - 4 :] + bytes.fromhex("020101"))
    info = der(0x30, bytes.fromhex("300d06092a864886f70d0101010500") + der(0x03, b"\0" + key))
    before = certificate.tbs_certificate_bytes[4 : certificate.tbs_certificate_bytes.index(bytes.fromhex("30820122"))]
    return der(0x30, der(0x30, before + info) + tail)


def key_info(key):
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def with_key_info(certificate, key, info):
    """The certificate with its key in another encoding, signed anew."""
    body = certificate.tbs_certificate_bytes
    head = 4 if body[1] == 0x82 else 3
    signed = der(0x30, body[head:].replace(key_info(key), info))
    if isinstance(key, rsa.RSAPrivateKey):
        algorithm, signature = "06092a864886f70d01010b0500", key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, ed25519.Ed25519PrivateKey):
        algorithm, signature = "06032b6570", key.sign(signed)
    else:
        algorithm, signature = "06082a8648ce3d040302", key.sign(signed, ec.ECDSA(hashes.SHA256()))
    return der(0x30, signed + der(0x30, bytes.fromhex(algorithm)) + der(0x03, b"\0" + signature))


def write_encodings(file, key):
    """Certificates of a key in the encodings of it that are not the standard one."""
    certificate = x509.load_pem_x509_certificate((HERE / f"{file}.crt.pem").read_bytes())
    info = key_info(key)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        curve = {256: "06082a8648ce3d030107", 384: "06052b81040022"}[key.curve.key_size]
        algorithm = der(0x30, bytes.fromhex("06072a8648ce3d0201" + curve))
        compressed = key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
        )
        uncompressed = key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        # 2 and 3 tell the parity of y, as 6 and 7 do (X9.62 section 4.3.6).
        hybrid = bytes([compressed[0] + 4]) + uncompressed[1:]
        forms = {"compressed": (algorithm, compressed), "hybrid": (algorithm, hybrid)}
    elif isinstance(key, ed25519.Ed25519PrivateKey):
        forms = {"null": (bytes.fromhex("300706032b65700500"), info[-32:])}
    else:
        forms = {"no-null": (bytes.fromhex("300b06092a864886f70d010101"), info[-270:])}
    for form, (algorithm, point) in forms.items():
        content = with_key_info(certificate, key, der(0x30, algorithm + der(0x03, b"\0" + point)))
        lines = textwrap.wrap(base64.b64encode(content).decode(), 64)
        pem = "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])
        (HERE / f"{file}-{form}.crt.pem").write_text(pem)


def close_factors():
    """An RSA key whose factors are neighbours among the primes, so that the root of the modulus leads to them."""
    p = rsa.generate_private_key(65537, 2048).private_numbers().p
    q = next(q for q in range(p + 2, 2 * p, 2) if pow(2, q - 1, q) == 1)
    exponent = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    inverses = (exponent % (p - 1), exponent % (q - 1), pow(q, -1, p))
    return rsa.RSAPrivateNumbers(p, q, exponent, *inverses, public).private_key()


def write_chain(files):
    """Certificates of which each issued the next, the first one itself; with the keys of the first and the last."""
    issuer, issuer_key = None, None
    for file, common_name in files:
        key, subject, is_last = ec.generate_private_key(ec.SECP256R1()), name(common_name), file == files[-1][0]
        issuer, issuer_key = issuer or subject, issuer_key or key
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(START).not_valid_after(END)
        builder = builder.add_extension(x509.BasicConstraints(ca=not is_last, path_length=None), critical=True)
        certificate = builder.sign(issuer_key, hashes.SHA256())
        (HERE / f"{file}.crt.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        if issuer == subject or is_last:
            write_key(file, key)
        issuer, issuer_key = subject, key


def write_der(file, content):
    certificate = x509.load_der_x509_certificate(content)
    (HERE / f"{file}.crt.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


jumpcloud = rsa.generate_private_key(65537, 4096)
write_key("jumpcloud-rsa4096", jumpcloud)
original = write_certificate("jumpcloud-rsa4096", jumpcloud, jumpcloud_name(), serial=SERIAL)
write_der("jumpcloud-rsa4096-empty-extensions", with_empty_extensions(original, jumpcloud))
write_certificate(
    "jumpcloud-rsa4096-expired", jumpcloud, jumpcloud_name(), dt.datetime(2020, 1, 1), dt.datetime(2025, 1, 1)
)

clone = rsa.generate_private_key(65537, 4096)
write_key("cloned-rsa4096", clone)
write_certificate("cloned-rsa4096", clone, jumpcloud_name(), serial=SERIAL)

own = rsa.generate_private_key(65537, 2048)
write_key("rsa2048", own)
write_der("rsa2048-exponent-1", with_exponent_1(write_certificate("rsa2048", own, name("idp.acme.test"))))
pair("other-rsa2048", rsa.generate_private_key(65537, 2048), name("idp.other.test"))
pair("sp-rsa2048", rsa.generate_private_key(65537, 2048), name("app.acme.test"))
pair("rsa2048-close-factors", close_factors(), name("weak.acme.test"))
large = rsa.generate_private_key(65537, 8192)
write_key("sp-rsa8192", large)
write_certificate("rsa8192", large, name("large.acme.test"))
pair("rsa8200", rsa.generate_private_key(65537, 8200), name("large.acme.test"))
pair("rsa2047", rsa.generate_private_key(65537, 2047), name("weak.acme.test"))
pair("rsa1024", rsa.generate_private_key(65537, 1024), name("weak.acme.test"))
pair("ec-p256", ec.generate_private_key(ec.SECP256R1()), name("idp.acme.test"))
pair("ec-p384", ec.generate_private_key(ec.SECP384R1()), name("idp.acme.test"))
pair("ec-p521", ec.generate_private_key(ec.SECP521R1()), name("idp.acme.test"))
pair("ed25519", ed25519.Ed25519PrivateKey.generate(), name("idp.acme.test"))

for file in ("rsa2048", "ec-p256", "ec-p384", "ed25519"):
    write_encodings(file, serialization.load_pem_private_key((HERE / f"{file}.key.pem").read_bytes(), None))

write_chain([
    ("chain-root", "Acme root"),
    ("chain-intermediate", "Acme intermediate"),
    ("chain-leaf", "idp.acme.test"),
])

request = x509.CertificateSigningRequestBuilder().subject_name(name("idp.acme.test")).sign(jumpcloud, hashes.SHA256())
(HERE / "request.csr.pem").write_bytes(request.public_bytes(serialization.Encoding.PEM))

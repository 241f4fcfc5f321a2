"""Certificates for TLS servers of the tests, made anew each time."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Authority:
    """An authority of the tests' own."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def trusted_context(self) -> ssl.SSLContext:
        """A client's context that knows this authority alone."""
        pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=pem)


def make_authority(name="Test authority") -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(key, _sign(_name(name), key, _name(name), key, days=(-1, 30), is_authority=True))


def make_server_context(
    folder: Path, authority: Authority | None, *, names=("127.0.0.1",), days=(-1, 30), maximum=ssl.TLSVersion.TLSv1_3
) -> ssl.SSLContext:
    """A server's context with a certificate of the authority, or signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate.subject if authority else _name("Test server")
    certificate = _sign(_name("Test server"), key, issuer, authority.key if authority else key, days=days, names=names)
    path = folder / "server.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    if maximum < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = maximum
    context.maximum_version = maximum
    return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _sign(subject, key, issuer, issuer_key, *, days, names=(), is_authority=False) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_to_name(name) for name in names]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _to_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)

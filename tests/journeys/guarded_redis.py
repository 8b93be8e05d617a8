"""A Redis that asks for a user and a password and, if told so, speaks TLS only."""

import datetime as dt
import ipaddress
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from eip.store.redis_connection import RIGHTS
from sandbox.redis import RedisServer

USER = "operator"
PASSWORD = "p:a/s?s#w@o%rd-5f1c"


@dataclass(frozen=True)
class Certificates:
    """An authority, and a certificate of it for 127.0.0.1: files in PEM."""

    authority: Path
    certificate: Path
    key: Path


def make_certificates(folder: Path, name: str) -> Certificates:
    """A new authority of this name, in a folder of its name."""
    place = folder / name
    place.mkdir()
    made = Certificates(place / "ca.pem", place / "server.pem", place / "server.key")
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    authority = _signed(issuer, issuer, authority_key, authority_key, authority=True)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis")])
    certificate = _signed(subject, issuer, key, authority_key, authority=False)
    made.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    made.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return made


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(hours=1))
    builder = builder.not_valid_after(now + dt.timedelta(hours=24))
    builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    return builder.add_extension(host, critical=False).sign(signer, hashes.SHA256())


class GuardedRedis(RedisServer):
    """A Redis without a default user; `lines` are added to its configuration."""

    def __init__(self, certificates: Certificates | None = None, lines: Sequence[str] = ()) -> None:
        """With certificates it speaks TLS, and nothing else."""
        super().__init__()
        self._certificates = certificates
        self._lines = lines

    @property
    def url(self) -> str:
        """With user and password, as redis-py takes it."""
        scheme, _, place = self.address.partition("://")
        return f"{scheme}://{USER}:{quote(PASSWORD, safe='')}@{place}"

    @property
    def address(self) -> str:
        """The same without them."""
        return f"{'rediss' if self._certificates else 'redis'}://127.0.0.1:{self._port}/0"

    def _write_configuration(self) -> Path:
        path = super()._write_configuration()
        lines = ["user default off", f"user {USER} on >{PASSWORD} {RIGHTS}", *self._lines]
        if self._certificates:
            lines += [
                "port 0",
                f"tls-port {self._port}",
                f'tls-cert-file "{self._certificates.certificate}"',
                f'tls-key-file "{self._certificates.key}"',
                f'tls-ca-cert-file "{self._certificates.authority}"',
                "tls-auth-clients no",
            ]
        with path.open("a") as file:
            file.write("\n".join(lines) + "\n")
        return path

    @contextmanager
    def client(self) -> Iterator[redis.Redis]:
        """A client, with the operator's own rights."""
        with self._client(decode_responses=True) as opened:
            yield opened

    @contextmanager
    def _client(self, **options: object) -> Iterator[redis.Redis]:
        tls = {"ssl_ca_certs": str(self._certificates.authority)} if self._certificates else {}
        client = redis.Redis.from_url(self.url, **tls, **options)
        try:
            yield client
        finally:
            client.close()

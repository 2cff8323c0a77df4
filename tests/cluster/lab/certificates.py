"""One authority and one certificate for each part of an instance; they live as long as it does."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=30)
_NOTHING = serialization.NoEncryption()


def name(common: str, group: str = "") -> x509.Name:
    """A subject: user and, where Kubernetes wants one, group."""
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


class Authority:
    """The one that every part trusts; its key never leaves the folder of the instance."""

    def __init__(self, folder: Path) -> None:
        """Make the authority and its files `ca.crt` and `ca.key`."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = name("tre-lab")
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        built = self._builder(self._name, self._key).add_extension(usage, critical=True)
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self._write("ca", built, self._key)

    def issue(self, file: str, subject: x509.Name, addresses: Sequence[str] = ()) -> None:
        """Write `file`.crt and `file`.key, good as server and as client."""
        key = ec.generate_private_key(ec.SECP256R1())
        both = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        built = self._builder(subject, key).add_extension(x509.ExtendedKeyUsage(both), False)
        if addresses:
            names = x509.SubjectAlternativeName([_general(one) for one in addresses])
            built = built.add_extension(names, critical=False)
        self._write(file, built, key)

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + LIFE)
        )

    def _write(
        self, file: str, built: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey
    ) -> None:
        certificate = built.sign(self._key, hashes.SHA256())
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        (self.folder / f"{file}.crt").write_bytes(pem)
        _secret(self.folder / f"{file}.key", _private(key))


def signing_pair(folder: Path) -> None:
    """Write the pair that signs the tokens of service accounts: `tokens.key`, `tokens.pub`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    _secret(folder / "tokens.key", _private(key))
    (folder / "tokens.pub").write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def _private(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, _NOTHING
    )


def _secret(file: Path, content: bytes) -> None:
    file.touch(mode=0o600)
    file.write_bytes(content)


def _general(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)

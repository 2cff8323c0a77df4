"""Bytes sealed under an index's key: the numbers of a source lie in its index, never in plain.

The seal needs no nonce (AES-SIV), so that building an index twice gives the same bytes and sealing
two snapshots under one key by mistake still gives nothing away.
Source: decision 0014.
"""

from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV


def sealed(data: bytes, key: bytes, place: str) -> bytes:
    """Seal bytes for one place of an index; moved to another place they cannot be opened."""
    return _cipher(key).encrypt(data, [place.encode()])


def opened(data: bytes, key: bytes, place: str) -> bytes:
    """Open what `sealed` made. Errors: ValueError for another key, place or other bytes."""
    try:
        return _cipher(key).decrypt(data, [place.encode()])
    except InvalidTag as error:
        raise ValueError("not sealed under this key, or for another place") from error


def _cipher(key: bytes) -> AESSIV:
    return AESSIV(blake2b(b"index magnitudes", key=key, digest_size=64).digest())

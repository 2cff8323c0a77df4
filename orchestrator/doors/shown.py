"""[pure] What a call on a cluster shows of its server's door secret, one place for each door.

The hub door finds it as the first segment of the path, because JupyterHub's own server can be told
an address and no header. The packages door finds it as the password that every installer sends with
an address, and hides when it prints one. The airlock door finds it in a header of our own client.
A secret in any other place, or twice, is none.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence

HEADER = "TRE-Door"
USER = "tre"
_SECRET = re.compile(r"[A-Za-z0-9_-]{32,64}\Z")

Values = Callable[[str], Sequence[str]]
"""All values of a header."""


def in_path(target: str, values: Values) -> tuple[str, str] | None:
    """Take the secret and the rest off `/<secret>/…`."""
    secret, slash, rest = target[1:].partition("/")
    return (secret, "/" + rest) if target[:1] == slash == "/" else None


def in_header(target: str, values: Values) -> tuple[str, str] | None:
    """Take the secret from the header, which stands once."""
    match list(values(HEADER)):
        case [secret]:
            return (secret, target)
        case _:
            return None


def in_password(target: str, values: Values) -> tuple[str, str] | None:
    """Take the secret from a Basic authorization, which stands once."""
    match list(values("Authorization")):
        case [header] if header[:6].lower() == "basic ":
            try:
                pair = base64.b64decode(header[6:], validate=True).decode()
            except (ValueError, binascii.Error):
                return None
            user, _, secret = pair.partition(":")
            return (secret, target) if user == USER else None
        case _:
            return None


SHOWN: Mapping[str, Callable[[str, Values], tuple[str, str] | None]] = {
    "hub": in_path,
    "packages": in_password,
    "airlock": in_header,
}
"""Where each door looks."""


def fits(secret: str, known: str) -> bool:
    """Compare a secret with the hash that is kept of it, in a time that says nothing.

    Shape: `known` is a hexadecimal SHA-256.
    """
    shaped = _SECRET.match(secret) is not None
    hashed = hashlib.sha256(secret.encode()).hexdigest()
    return hmac.compare_digest(hashed, known) and shaped

"""[pure] The two cookies of a project's host, and the way from the control plane to a session.

`__Host-tre-state` binds the browser that left for the control plane to the one that comes back;
`__Host-tre` holds the session. Scripts can read neither, and no other host can set them.
"""

import hashlib
import re
from datetime import datetime
from urllib.parse import urlencode

SESSION = "__Host-tre"
STATE = "__Host-tre-state"
STATE_SECONDS = 600
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}\Z")
_CODE = re.compile(r"[A-Za-z0-9_-]{8,256}\Z")
_HOST = re.compile(r"([a-z](?:[a-z0-9-]{0,28}[a-z0-9])?)\.([a-z0-9.-]+?)(?::[0-9]{1,5})?\Z")


def project_of(host: str, domain: str) -> str | None:
    """Read the project from a Host header: exactly one label before our domain.

    Shape: the port is not looked at, because a load balancer in front may use its own.
    """
    found = _HOST.match(host.lower())
    return found[1] if found and found[2] == domain else None


def cookie(header: str | None, name: str) -> str | None:
    """Read one of our cookies; a name that stands twice is nobody's.

    Shape: answers None for an absent, doubled or malformed value.
    """
    values = [
        value.strip().strip('"')
        for key, _, value in (part.partition("=") for part in (header or "").split(";"))
        if key.strip() == name
    ]
    if len(values) != 1 or not _SECRET.match(values[0]):
        return None
    return values[0]


def set_cookie(name: str, value: str, seconds: int) -> str:
    """Spell a Set-Cookie line: this host only, not for scripts, `Lax` so that links work."""
    return f"{name}={value}; Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite=Lax"


def drop_cookie(name: str) -> str:
    """Spell the line that ends a cookie."""
    return set_cookie(name, "", 0)


def seconds_until(until: str, now: float) -> int:
    """Say how long a cookie lasts whose session ends at `until` (ISO 8601).

    Units: `now` in seconds since 1970; at least 0, at most a day, and 0 for nonsense.
    """
    try:
        left = datetime.fromisoformat(until).timestamp() - now
    except ValueError:
        return 0
    return int(min(max(left, 0), 86_400))


def handover_url(control_url: str, project: str, state: str) -> str:
    """Where a browser without a session is sent; only the hash of its state goes with it."""
    asked = {"project": project, "state": hashlib.sha256(state.encode()).hexdigest()}
    return f"{control_url}/handover?{urlencode(asked)}"


def parse_code(value: str | None) -> str | None:
    """Accept the shape of a hand-over code."""
    return value if value and _CODE.match(value) else None


def browser_origin(url: str) -> str:
    """Spell an address's origin as browsers do: without a port that is the scheme's own."""
    return url.removesuffix(":443" if url.startswith("https:") else ":80")

"""Speaks with the registry that nodes pull image volumes from: looks, pushes, reads back.

One repository of ours, named by digest alone: what is asked for is what was pushed, or nothing.
Source: OCI distribution specification 1.1 (push, pull); its token authentication, as the reference
registry describes it (RFC 6750 challenge with realm, service and scope).
"""

import hashlib
import re
from collections.abc import Iterator, Mapping

import httpx2

from orchestrator.engines.kubernetes.cluster import Images
from orchestrator.engines.kubernetes.images import MANIFEST_TYPE, Blob, Image
from orchestrator.errors import Unavailable
from orchestrator.values import Digest, digest_of

_SECONDS = 60.0
_WORD = re.compile(r'(\w+)="([^"]*)"')


class Registry:
    """One repository of one registry, with what we may do there."""

    def __init__(self, images: Images, user: str = "", password: str = "") -> None:
        """Keep how it is reached; asks nothing yet."""
        host, _, self._name = images.repository.partition("/")
        self._base = f"{'http' if images.plain else 'https'}://{host}"
        self._user, self._password = user, password
        self._authorization = ""
        self._client = httpx2.Client(base_url=self._base, timeout=_SECONDS, trust_env=False)

    def close(self) -> None:
        """Let connections go."""
        self._client.close()

    def answers(self) -> None:
        """Ask whether it is there and lets us in. Errors: Unavailable with its words."""
        self._ask("GET", "/v2/", 200)

    def has(self, digest: Digest) -> bool:
        """Say whether it holds these bytes. Errors: Unavailable."""
        return self._ask("HEAD", self._blob(digest), 200, 404).status_code == 200

    def push(self, blob: Blob, content: Iterator[bytes]) -> None:
        """Send bytes that it does not hold; it hashes them itself.

        Errors: Unavailable, also where it wants them sent elsewhere: they are people's rows;
        whatever `content` raises.
        """
        begun = self._ask("POST", f"/v2/{self._name}/blobs/uploads/", 202)
        where = begun.url.join(begun.headers.get("Location", ""))
        if not str(where).startswith(f"{self._base}/"):
            raise Unavailable(
                f"The registry wants snapshots sent to {where.host}, and they are sent nowhere but "
                "to itself.",
                code="registry_refuses",
            )
        said = {"Content-Length": str(blob.size), "Content-Type": "application/octet-stream"}
        self._send(
            "PUT",
            str(where.copy_merge_params({"digest": blob.digest})),
            201,
            headers=said,
            content=content,
        )

    def name(self, image: Image) -> None:
        """Keep an image whose layers are there, tagged by its digest so that nothing sweeps it.

        Errors: Unavailable, also when it answers with another digest.
        """
        config = Blob(digest_of(image.config), len(image.config))
        if not self.has(config.digest):
            self.push(config, iter([image.config]))
        tag = image.digest.removeprefix("sha256:")
        said = self._ask(
            "PUT",
            f"/v2/{self._name}/manifests/{tag}",
            201,
            headers={"Content-Type": MANIFEST_TYPE},
            content=image.manifest,
        )
        if said.headers.get("Docker-Content-Digest", image.digest) != image.digest:
            raise Unavailable(
                "The registry keeps an image under another digest than it was sent.",
                code="registry_differs",
            )

    def names(self, image: Image) -> bool:
        """Say whether it holds an image by its digest. Errors: Unavailable."""
        where = f"/v2/{self._name}/manifests/{image.digest}"
        said = self._ask("HEAD", where, 200, 404, headers={"Accept": MANIFEST_TYPE})
        return said.status_code == 200

    def verify(self, blob: Blob) -> None:
        """Read bytes back and hash them. Errors: Unavailable when they are not what was sent."""
        self._ask("HEAD", self._blob(blob.digest), 200)
        hashed, size = hashlib.sha256(), 0
        try:
            with self._client.stream(
                "GET",
                self._blob(blob.digest),
                headers=self._headers() | {"Accept-Encoding": "identity"},
                follow_redirects=True,
            ) as answer:
                _expect(answer, 200)
                for chunk in answer.iter_raw():
                    hashed.update(chunk)
                    size += len(chunk)
        except httpx2.HTTPError as problem:
            raise self._silent(problem) from problem
        if (f"sha256:{hashed.hexdigest()}", size) != (blob.digest, blob.size):
            raise Unavailable(
                "The registry does not give back what it was sent.", code="registry_differs"
            )

    def _blob(self, digest: Digest) -> str:
        return f"/v2/{self._name}/blobs/{digest}"

    def _ask(
        self,
        method: str,
        where: str,
        *fine: int,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx2.Response:
        """Ask something that can be asked again, once more when it wants to know who we are."""
        answer = self._send(method, where, *fine, 401, headers=headers, content=content)
        if answer.status_code != 401:
            return answer
        self._authorization = self._let_in(answer.headers.get("WWW-Authenticate", ""))
        return self._send(method, where, *fine, headers=headers, content=content)

    def _send(
        self,
        method: str,
        where: str,
        *fine: int,
        headers: Mapping[str, str] | None = None,
        content: bytes | Iterator[bytes] | None = None,
    ) -> httpx2.Response:
        """Send once. Errors: Unavailable."""
        told = {**self._headers(), **(headers or {})}
        try:
            answer = self._client.request(method, where, headers=told, content=content)
        except httpx2.HTTPError as problem:
            raise self._silent(problem) from problem
        _expect(answer, *fine)
        return answer

    def _headers(self) -> dict[str, str]:
        return {"Authorization": self._authorization} if self._authorization else {}

    def _let_in(self, challenge: str) -> str:
        """Answer what to say to a challenge: a password, or a token that a password gets.

        Errors: Unavailable for a challenge of another kind, and when no token is given.
        """
        basic = httpx2.BasicAuth(self._user, self._password)
        kind, _, rest = challenge.partition(" ")
        words = dict(_WORD.findall(rest))
        if kind.lower() == "basic":
            request = httpx2.Request("GET", self._base)
            return next(basic.auth_flow(request)).headers["Authorization"]
        if kind.lower() != "bearer" or "realm" not in words:
            raise Unavailable(
                f"The registry asks for {kind[:40] or 'nothing we know'}, not for a password.",
                code="registry_refuses",
            )
        if self._base.startswith("https:") and not words["realm"].startswith("https:"):
            raise Unavailable(
                "The registry wants our password sent in the clear, and does not get it.",
                code="registry_refuses",
            )
        asked = {"scope": f"repository:{self._name}:pull,push"}
        asked |= {"service": words["service"]} if "service" in words else {}
        try:
            answer = self._client.get(words["realm"], params=asked, auth=basic)
        except httpx2.HTTPError as problem:
            raise self._silent(problem) from problem
        _expect(answer, 200)
        given = answer.json()
        return f"Bearer {given.get('token') or given.get('access_token')}"

    def _silent(self, problem: Exception) -> Unavailable:
        return Unavailable(
            f"The registry at {self._base} does not answer ({type(problem).__name__}).",
            code="no_registry",
        )


def _expect(answer: httpx2.Response, *fine: int) -> None:
    """Take an answer that was expected. Errors: Unavailable with its number, and no word of it."""
    if answer.status_code in fine:
        return
    if answer.status_code in (401, 403):
        raise Unavailable(
            "The registry does not let us push: check TRE_REGISTRY_USER and TRE_REGISTRY_PASSWORD.",
            code="registry_refuses",
        )
    raise Unavailable(
        f"The registry answered {answer.status_code} where {fine[0]} was expected.",
        code="registry_refuses",
    )

"""The only importer of the Kubernetes client: requests as plain dicts, errors of ours.

Our builders know the few kinds there are, so nothing is discovered: a start costs no request. At
most `REQUESTS_AT_ONCE` requests are under way; watches are not counted. What the server refuses
for lack of time is asked again after the time it names; a write whose answer was lost is never
repeated here, because nobody knows whether it took effect: observe first.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import urllib3
from kubernetes import client as official
from kubernetes import config as official_config
from kubernetes.client.exceptions import ApiException

from orchestrator.engines.kubernetes.cluster import Object
from orchestrator.engines.kubernetes.differences import Key, key, mapping, metadata_of
from orchestrator.errors import Conflict, Invalid, NotAllowed, NotFound, TreError, Unavailable

MANAGER = "tre"
"""The one field manager of everything that we apply."""

REQUESTS_AT_ONCE = 32
PAGE = 100
"""Objects: parsed they take many times the room that they are kept in."""
_TRIES = 4
_LONGEST_WAIT = 30.0
_CONNECT_SECONDS, _ANSWER_SECONDS = 5.0, 30.0
_LONGEST_MESSAGE = 300
_TRIMMED = ("managedFields", "selfLink")
_NETWORK = (urllib3.exceptions.HTTPError, ApiException, OSError)


@dataclass(frozen=True)
class Kind:
    """Where a kind of object is found: the path of its group, its plural, and its scope."""

    group: str
    plural: str
    namespaced: bool = True


_CORE, _RBAC = "api/v1", "apis/rbac.authorization.k8s.io/v1"
_ADMISSION = "apis/admissionregistration.k8s.io/v1"
KINDS: Mapping[str, Kind] = {
    "ClusterRole": Kind(_RBAC, "clusterroles", namespaced=False),
    "ClusterRoleBinding": Kind(_RBAC, "clusterrolebindings", namespaced=False),
    "ConfigMap": Kind(_CORE, "configmaps"),
    "Deployment": Kind("apis/apps/v1", "deployments"),
    "Event": Kind(_CORE, "events"),
    "Job": Kind("apis/batch/v1", "jobs"),
    "LimitRange": Kind(_CORE, "limitranges"),
    "Namespace": Kind(_CORE, "namespaces", namespaced=False),
    "Node": Kind(_CORE, "nodes", namespaced=False),
    "NetworkPolicy": Kind("apis/networking.k8s.io/v1", "networkpolicies"),
    "PersistentVolume": Kind(_CORE, "persistentvolumes", namespaced=False),
    "PersistentVolumeClaim": Kind(_CORE, "persistentvolumeclaims"),
    "Pod": Kind(_CORE, "pods"),
    "ResourceQuota": Kind(_CORE, "resourcequotas"),
    "Role": Kind(_RBAC, "roles"),
    "RoleBinding": Kind(_RBAC, "rolebindings"),
    "Secret": Kind(_CORE, "secrets"),
    "ServiceAccount": Kind(_CORE, "serviceaccounts"),
    "ValidatingAdmissionPolicy": Kind(_ADMISSION, "validatingadmissionpolicies", namespaced=False),
    "ValidatingAdmissionPolicyBinding": Kind(
        _ADMISSION, "validatingadmissionpolicybindings", namespaced=False
    ),
}


class Gone(Unavailable):
    """The server no longer remembers the version that we asked from: list again."""


@dataclass(frozen=True)
class Access:
    """How a cluster is reached: by a file, or as the pod that we are.

    Shape: `impersonate` is a user name under which every request is made; for tests.
    """

    kubeconfig: Path | None = None
    context: str | None = None
    impersonate: str | None = None


@dataclass(frozen=True)
class Scope:
    """What of a kind is looked at: a namespace (all when empty) and a label selector."""

    kind: str
    namespace: str = ""
    labels: str = ""


@dataclass(frozen=True)
class Page:
    """A list or a part of one, and the version from which a watch goes on without a gap."""

    items: tuple[Object, ...]
    version: str


class Client:
    """Requests to one cluster; safe to use from many threads."""

    def __init__(self, access: Access) -> None:
        """Read the credentials; connects to nothing. Errors: Unavailable when there are none."""
        self._access = access
        self._slots = threading.BoundedSemaphore(REQUESTS_AT_ONCE)
        self._api = connect(access)
        self._sent = 0
        self._held: Callable[[], bool] = lambda: True
        self._counting = threading.Lock()

    @property
    def sent(self) -> int:
        """How many requests were sent, watches included."""
        return self._sent

    def act_while(self, held: Callable[[], bool]) -> None:
        """From now on send nothing but questions once `held` says no."""
        self._held = held

    def list(self, scope: Scope) -> Page:
        """Read all objects of a scope. Errors: see `_translated`."""
        pages = list(self.pages(scope))
        return Page(tuple(item for page in pages for item in page.items), pages[-1].version)

    def pages(self, scope: Scope) -> Iterator[Page]:
        """Read all objects of a scope as they were at one moment, some at a time.

        Errors: see `_translated`; Gone when whoever reads takes so long that the moment is over.
        """
        query = {"limit": str(PAGE)} | ({"labelSelector": scope.labels} if scope.labels else {})
        while True:
            answer = self._ask("GET", _collection(scope), query)
            found: Any = answer.get("items") or ()
            metadata = metadata_of(answer)
            items = tuple(_trimmed(item, scope.kind) for item in found)
            yield Page(items, str(metadata["resourceVersion"]))
            if not metadata.get("continue"):
                return
            query["continue"] = str(metadata["continue"])

    def get(self, where: Key) -> Object:
        """Read one object. Errors: NotFound."""
        return _trimmed(self._ask("GET", _path(where), {}), where.kind)

    def apply(self, thing: Object, seen: Object | None = None) -> Object:
        """Make or change an object so that it has our fields; others keep theirs.

        Shape: changes only the version that was seen, where one was.
        Errors: Conflict when it has changed since; Invalid for a change that the server never
        makes; NotAllowed for a missing right or a refusal by admission.
        """
        query = {"fieldManager": MANAGER, "force": "true", "fieldValidation": "Strict"}
        body = json.dumps(thing if seen is None else _at_version(thing, seen)).encode()
        kind = "application/apply-patch+yaml"  # JSON is YAML
        where = key(thing)
        return _trimmed(self._ask("PATCH", _path(where), query, body, kind), where.kind)

    def replace(self, thing: Object, seen: Object) -> Object:
        """Put an object whole in place of the version that was seen. Errors: Conflict."""
        body = json.dumps(_at_version(thing, seen)).encode()
        query = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
        where = key(thing)
        return _trimmed(self._ask("PUT", _path(where), query, body), where.kind)

    def create(self, thing: Object) -> Object:
        """Make an object that is not there. Errors: Conflict when it is."""
        where = key(thing)
        scope = Scope(where.kind, where.namespace)
        query = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
        body = json.dumps(thing).encode()
        return _trimmed(self._ask("POST", _collection(scope), query, body), where.kind)

    def delete(self, where: Key, seen: Object | None = None, *, grace: int | None = None) -> None:
        """Ask for an object's end; one that is gone is no error.

        Shape: only the very object that was seen is deleted, not one that took its name since.
        Errors: Conflict when another one is there now.
        """
        options: Object = {"propagationPolicy": "Background"}
        if seen is not None:
            options["preconditions"] = {"uid": metadata_of(seen).get("uid")}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        try:
            self._ask("DELETE", _path(where), {}, json.dumps(options).encode())
        except NotFound:
            return

    def watch(self, scope: Scope, version: str, seconds: float, silence: float) -> "Stream":
        """Open a watch from a version; it ends after `seconds`, or when silent for `silence`.

        Errors: Gone when the version is too old; Unavailable and NotAllowed as for any request.
        """
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(int(seconds)),
        } | ({"labelSelector": scope.labels} if scope.labels else {})
        response = self._send("GET", _collection(scope), query, None, "", silence)
        if response.status != 200:
            raise _translated(response.status, _body(response), "GET", _collection(scope))
        return Stream(response, scope.kind)

    def close(self) -> None:
        """Let go of all connections."""
        self._api.rest_client.close()

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: bytes | None = None,
        kind: str = "application/json",
    ) -> Object:
        """Send one request, again where the server says when; answer its body."""
        for attempt in range(1, _TRIES + 1):
            with self._slots:
                response = self._send(method, path, query, body, kind, _ANSWER_SECONDS)
                answer = _body(response)
            if response.status < 300:
                return answer
            wait = (
                self._renewed(attempt)
                if response.status == 401
                else _asked_to_wait(response, answer)
            )
            if wait is None or attempt == _TRIES:
                raise _translated(response.status, answer, method, path)
            time.sleep(wait + random.uniform(0, 0.25 * attempt))  # noqa: S311 - jitter
        raise RuntimeError("a loop of tries ends inside")

    def _require_held(self, method: str) -> None:
        """Refuse a change once another process may act; asked at the very last moment.

        Errors: Unavailable.
        """
        if method != "GET" and not self._held():
            raise Unavailable(
                "This process may not act on the cluster any more; another one may.",
                code="lock_lost",
            )

    def _renewed(self, attempt: int) -> float | None:
        """Read the credentials again, once: certificates and tokens change after hours of work."""
        if attempt > 1:
            return None
        self._api = connect(self._access)
        return 0.0

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: bytes | None,
        kind: str,
        seconds: float,
    ) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": "application/json", "User-Agent": "tre"}
        if body is not None:
            headers["Content-Type"] = kind
        if self._access.impersonate is not None:
            headers["Impersonate-User"] = self._access.impersonate
        url = f"{self._api.configuration.host}/{path}"
        url += f"?{urlencode(query)}" if query else ""
        with self._counting:
            self._sent += 1
        with _lost(method):
            self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
            json_body = json.loads(body) if body is not None and kind.endswith("/json") else body
            self._require_held(method)
            sent = self._api.call_api(
                method,
                url,
                header_params=headers,
                body=json_body,
                _request_timeout=(_CONNECT_SECONDS, seconds),
            )
        response: urllib3.BaseHTTPResponse = sent.response
        return response


class Stream:
    """An open watch: events one by one, until it ends or is closed by another thread."""

    def __init__(self, response: urllib3.BaseHTTPResponse, kind: str) -> None:
        """Keep the answer that is being read."""
        self._response = response
        self._kind = kind

    def __iter__(self) -> Iterator[tuple[str, Object]]:
        """Answer (type, object) pairs; bookmarks too, which carry a version and nothing else.

        Errors: Gone when the version is too old; Unavailable when the line is cut or silent.
        """
        with _lost("GET"):
            rest = b""
            while chunk := self._response.read1(1 << 16):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if line.strip():
                        yield self._event(line)

    def end(self) -> None:
        """Make the one who reads it come to an end; for another thread."""
        with suppress(*_NETWORK, ValueError, RuntimeError):  # it may have ended by itself
            self._response.shutdown()

    def close(self) -> None:
        """Give its connection up; for the one who reads it."""
        with suppress(*_NETWORK):
            self._response.close()

    def _event(self, line: bytes) -> tuple[str, Object]:
        try:
            event = json.loads(line)
        except ValueError as problem:
            raise Unavailable("A watch was cut in the middle of a line.") from problem
        thing = event.get("object") or {}
        if event.get("type") == "ERROR":
            raise _translated(int(thing.get("code") or 500), thing, "GET", self._kind)
        return str(event.get("type")), _trimmed(thing, self._kind)


def connect(access: Access) -> official.ApiClient:
    """Read the credentials into a connection. Errors: Unavailable when there are none."""
    settings = official.Configuration()
    try:
        if access.kubeconfig is None:
            official_config.load_incluster_config(client_configuration=settings)
        else:
            official_config.load_kube_config(
                str(access.kubeconfig),
                access.context,
                client_configuration=settings,
                persist_config=False,
            )
    except (official_config.ConfigException, OSError) as problem:
        raise Unavailable(
            "There are no credentials for a cluster: name a kubeconfig, or run inside one.",
            code="no_cluster",
        ) from problem
    settings.retries = False  # this module decides what is sent again
    settings.connection_pool_maxsize = REQUESTS_AT_ONCE + len(KINDS)
    return official.ApiClient(settings)


@contextmanager
def _lost(method: str) -> Iterator[None]:
    """Turn whatever the network does into one error of ours."""
    try:
        yield
    except _NETWORK as problem:
        say = (
            "The cluster's API server does not answer."
            if method == "GET"
            else "The cluster's API server did not say whether it did what it was asked."
        )
        raise Unavailable(f"{say} ({type(problem).__name__})", code="no_answer") from problem


def _body(response: urllib3.BaseHTTPResponse) -> Object:
    """Read an answer whole and give its connection back."""
    with _lost("GET"):
        text = response.data
        response.release_conn()
    try:
        answer = json.loads(text)
    except ValueError:
        return {"message": text[:_LONGEST_MESSAGE].decode(errors="replace")}
    return answer if isinstance(answer, dict) else {}


def _asked_to_wait(response: urllib3.BaseHTTPResponse, answer: Object) -> float | None:
    """Answer the seconds after which the server wants to be asked again; it did nothing so far."""
    if response.status not in (429, 503):
        return None
    said = response.headers.get("Retry-After")
    details = mapping(answer.get("details")).get("retryAfterSeconds")
    try:
        return min(float(said or str(details or 1)), _LONGEST_WAIT)
    except ValueError:
        return 1.0


def _translated(status: int, answer: Object, method: str, path: str) -> TreError:
    """Choose the family of a refusal; the message is the server's, trimmed, never a payload."""
    said = str(answer.get("message") or "no reason given")[:_LONGEST_MESSAGE]
    reason = str(answer.get("reason") or "")
    match status:
        case 404:
            return NotFound(f"The cluster has no such object: {said}", code="no_object")
        case 409:
            return Conflict(f"Somebody else changed this object first: {said}", code="changed")
        case 410:
            return Gone(f"The cluster forgot that version: {said}", code="too_old")
        case 403 if "cannot " in said:
            return NotAllowed(f"A right is missing on the cluster: {said}", code="missing_right")
        case 403:
            return NotAllowed(f"The cluster refuses this: {said}", code="refused")
        case 400 | 405 | 413 | 415 | 422:
            return _refused(said, reason)
        case 401:
            return Unavailable("The cluster does not know our credentials.", code="credentials")
        case _:
            return Unavailable(
                f"The cluster answered {status} to {method} {path.rpartition('/')[2]}: {said}",
                code="busy" if status in (429, 503) else "failed",
            )


def _refused(said: str, reason: str) -> TreError:
    if "denied request" in said:
        return NotAllowed(f"An admission policy refuses this: {said}", code="refused")
    return Invalid(f"The cluster cannot take this object: {said}", code=reason.lower() or "invalid")


def _collection(scope: Scope) -> str:
    kind = KINDS[scope.kind]
    if not scope.namespace:
        return f"{kind.group}/{kind.plural}"
    return f"{kind.group}/namespaces/{quote(scope.namespace, safe='')}/{kind.plural}"


def _path(where: Key) -> str:
    return f"{_collection(Scope(where.kind, where.namespace))}/{quote(where.name, safe='')}"


def _at_version(thing: Object, seen: Object) -> Object:
    """Say in an object which version it takes the place of."""
    version = metadata_of(seen)["resourceVersion"]
    return {**thing, "metadata": {**metadata_of(thing), "resourceVersion": version}}


def _trimmed(thing: Object, kind: str) -> Object:
    """Drop what nobody here reads; items of a list do not say what they are, so it is added."""
    metadata = {k: v for k, v in metadata_of(thing).items() if k not in _TRIMMED}
    version = KINDS[kind].group.partition("/")[2]
    return {**thing, "apiVersion": version, "kind": kind, "metadata": metadata}

"""The hub's spawner on a cluster: KubeSpawner, and in place of its pod exactly the engine's.

The engine sends the whole pod with each request for a server. The hub adds what only it knows,
the values `JUPYTERHUB_…` that the engine left open, and nothing else; admission looks at the rest.
"""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import aiohttp
from kubernetes_asyncio.client.exceptions import ApiException
from kubespawner import KubeSpawner

from orchestrator.hub.spec import GATEWAY, POD, TOKEN, TOKEN_SECONDS, opens, told

_LOOK_SECONDS = 0.05
_FAILED = "Failed"
_ENDED = (_FAILED, "Succeeded")


class Manifest(dict[str, Any]):
    """A pod as plain JSON, with the two things that KubeSpawner asks of its own kind of pod.

    Not the client library's model: that drops, without a word, every field it does not know.
    """

    @property
    def metadata(self) -> SimpleNamespace:
        """Its name, for the log."""
        return SimpleNamespace(name=self["metadata"]["name"])

    def to_str(self) -> str:
        """Its name again: the log of a failure must not hold the tokens in its environment."""
        return str(self["metadata"]["name"])


class PodSpawner(KubeSpawner):  # type: ignore[misc]  # kubespawner has no types
    """Start, watch and end one person's pod.

    Errors: a failed start raises with a sentence, which the hub keeps as its reason.
    """

    async def load_user_options(self) -> None:
        """Take the pod's name from the engine; there is nothing that a person may choose."""
        self.pod_name = self.user_options[POD]["metadata"]["name"]
        self._keep_token()

    def _keep_token(self) -> None:
        """Know the token that came with the request, so that nobody has to ask for one later.

        It comes beside the options, because the hub keeps those as they are.
        """
        token = self.handler.get_json_body().get(TOKEN)
        if token is not None:
            self.user.orm_user.new_api_token(
                token, scopes=opens(self.user.name), expires_in=TOKEN_SECONDS, note=GATEWAY
            )

    async def get_pod_manifest(self) -> Manifest:
        """Answer the engine's pod instead of one of KubeSpawner's making."""
        return Manifest(told(self.user_options[POD], self.get_env()))

    async def start(self) -> str:
        """Make the pod and wait until its server answers, looking often.

        KubeSpawner itself pauses up to five seconds between two looks, and waits to the end of its
        patience for a pod that somebody ended.
        """
        making = asyncio.ensure_future(self._made())
        following = asyncio.ensure_future(self._followed())
        try:
            await asyncio.wait({making, following}, return_when=asyncio.FIRST_COMPLETED)
            if making.done() and making.exception() is not None:
                raise RuntimeError(_said(making.exception()))
            url = await following
            await self._answered(url)
            return url
        finally:
            for task in (making, following):
                task.cancel()
            await asyncio.gather(making, following, return_exceptions=True)

    async def poll(self) -> int | None:
        """Answer None while the pod is there and has not ended, else an exit status.

        A cluster that does not answer says nothing about the notebook: it counts as running, so
        that a restart of the API server beside a restart of the hub ends nobody's work.
        """
        try:
            await self._start_watching_pods()
        except Exception as away:
            self.log.warning("The cluster does not answer about %s: %s", self.user.name, away)
            return None
        pod = self._pod()
        if pod is None:
            return 1
        return 1 if pod["status"]["phase"] in _ENDED else None

    async def stop(self, now: bool = False) -> None:
        """End the pod, and wait until its node says that it is gone.

        Never by force: an object that is taken away at once says nothing about the process, and
        the next pod would meet it on the same home. One that failed stays as it is, and with it the
        reason, also when the hub clears up behind a start that failed: the engine reads that, and
        takes the pod away.
        """
        pod = self._pod()
        if pod is None or pod["status"]["phase"] != _FAILED:
            await super().stop(now=False)

    async def _made(self) -> None:
        await super().start()

    async def _followed(self) -> str:
        """Wait until the pod runs, and answer its address; notice when it is ended instead."""
        seen = False
        while True:
            pod = self._pod()
            if pod is not None and "deletionTimestamp" not in pod["metadata"]:
                seen = True
                if pod["status"]["phase"] in _ENDED:
                    raise RuntimeError("The notebook server ended while it was starting.")
                if self.is_pod_running(pod):
                    return str(self._get_pod_url(pod))
            elif seen:
                raise RuntimeError("The notebook server was ended while it was starting.")
            await asyncio.sleep(_LOOK_SECONDS)

    async def _answered(self, url: str) -> None:
        """Wait until the server answers; the hub's own limit ends the wait."""
        limit = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=limit) as session:
            while not await self._answers(session, f"{url}{self.server.base_url}api"):
                await self._followed()
                await asyncio.sleep(_LOOK_SECONDS)

    async def _answers(self, session: aiohttp.ClientSession, url: str) -> bool:
        try:
            async with session.get(url, allow_redirects=False) as answer:
                return answer.status < 500
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    def _pod(self) -> dict[str, Any] | None:
        reflector = self.pod_reflector
        found = reflector.pods.get(f"{self.namespace}/{self.pod_name}") if reflector else None
        return found if found is None else dict(found)

    def _get_pod_port(self, pod: dict[str, Any]) -> int:
        """Answer the one port that a pod of ours has, by whatever name."""
        return int(pod["spec"]["containers"][0]["ports"][0]["containerPort"])


def _said(problem: BaseException | None) -> str:
    """Say what stopped a start: a refusal of the API server in its own words, trimmed."""
    if not isinstance(problem, ApiException):
        return str(problem)[:300]
    try:
        return str(json.loads(problem.body or b"")["message"])[:500]
    except (ValueError, KeyError, TypeError):
        return f"The cluster refused the pod ({problem.status})."

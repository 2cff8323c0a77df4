"""The hub's proxy class: it keeps routes in memory and starts nothing.

The gateway never asks it. Which server belongs to whom comes from the control plane, so a taken
hub cannot turn the gateway into a relay.
"""

from jupyterhub.proxy import Proxy

Route = dict[str, object]


class MemoryProxy(Proxy):  # type: ignore[misc]  # jupyterhub has no types
    """Remember what the hub adds, as JupyterHub's proxy interface asks; nothing is served."""

    should_start = False

    def __init__(self, **kwargs: object) -> None:
        """Start without routes: a restarted hub adds its running servers again by itself."""
        super().__init__(**kwargs)
        self._routes: dict[str, Route] = {}

    async def add_route(self, routespec: str, target: str, data: Route) -> None:
        """Remember a route."""
        self._routes[routespec] = {"routespec": routespec, "target": target, "data": data}

    async def delete_route(self, routespec: str) -> None:
        """Forget a route, known or not."""
        self._routes.pop(routespec, None)

    async def get_all_routes(self) -> dict[str, Route]:
        """Answer a copy of all routes."""
        return dict(self._routes)

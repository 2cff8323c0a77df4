"""On a cluster: answer the gateway's question whether this is the server that was started.

Pod addresses are used again. Before anything of a person is sent, each connection of the gateway
asks with a nonce, and only the pod that got this start's secret can answer. Without the secret, as
on one machine, nothing is added: there the server's socket says whose it is.
"""

import hashlib
import hmac
import os
import re

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.utils import url_path_join
from tornado.web import RequestHandler

SECRET = os.environ.get("TRE_DOOR_SECRET", "")
_NONCE = re.compile(r"[0-9a-f]{64}\Z")


class Whose(RequestHandler):
    """Says what only this server and the gateway can; needs no sign-in and gives nothing away."""

    @allow_unauthenticated
    def get(self):
        """Answer one nonce."""
        nonce = self.request.headers.get("TRE-Challenge", "")
        if not _NONCE.match(nonce):
            self.set_status(400)
            return
        key = hashlib.sha256(SECRET.encode()).digest()
        said = hmac.new(key, f"tre-server {nonce}".encode(), hashlib.sha256).hexdigest()
        self.set_status(204)
        self.set_header("TRE-Server", said)


def _jupyter_server_extension_points():
    return [{"module": "tre_whose"}]


def _load_jupyter_server_extension(app):
    if SECRET:
        where = url_path_join(app.web_app.settings["base_url"], ".tre", "whose")
        app.web_app.add_handlers(".*$", [(re.escape(where), Whose)])

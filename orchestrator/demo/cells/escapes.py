"""Typed into the notebook in the story: ways out, each of which must be closed."""

import json
import os
import pathlib
import socket
import urllib.request

FACTS = {}
tried = {}


def attempt(name, action, *given):
    try:
        tried[name] = ("open", str(action(*given))[:80])
    except Exception as error:
        tried[name] = ("closed", f"{type(error).__name__}: {error}"[:120])


def connect(address):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as door:
        door.settimeout(2)
        door.connect(address)
        return "connected"


def write(path):
    with pathlib.Path(path).open("a") as file:
        file.write("x")
    return "written"


def foreign(paths):
    found = [p for p in paths if os.path.exists(p)]
    if not found:
        raise FileNotFoundError("nothing of it is here")
    return found


def running(programs):
    names = {path.read_text().strip() for path in pathlib.Path("/proc").glob("[0-9]*/comm")}
    found = sorted(names & set(programs))
    if not found:
        raise ProcessLookupError(f"none of them among {len(names)} programs")
    return found


def hub(method, path):
    request = urllib.request.Request(
        os.environ["JUPYTERHUB_API_URL"] + path,
        method=method,
        data=b"{}" if method == "POST" else None,
        headers={"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]},
    )
    return urllib.request.urlopen(request, timeout=5).status


data = sorted(pathlib.Path("/data").glob("*/*/*.csv"))[0]
attempt("the internet by TCP", connect, ("192.0.2.1", 443))
attempt("the internet by IPv6", connect, ("2001:db8::1", 443))
attempt("a name server", lambda: socket.getaddrinfo("example.org", 443))
attempt("cloud metadata", connect, ("169.254.169.254", 80))
for name, address in FACTS["addresses"].items():
    attempt(name, connect, tuple(address))
attempt("the hub's list of users", lambda: hub("GET", "/users"))
attempt(
    "a new token at the hub",
    lambda: hub("POST", f"/users/{os.environ['JUPYTERHUB_USER']}/tokens"),
)
attempt("the hub's proxy", lambda: hub("GET", "/proxy"))
for name, paths in FACTS["paths"].items():
    attempt(name, foreign, paths)
for name, programs in FACTS["programs"].items():
    attempt(name, running, programs)
attempt("the host's secrets", lambda: pathlib.Path("/etc/shadow").read_text())
attempt("the host's kernel settings", lambda: write("/proc/sys/kernel/core_pattern"))
attempt("writing to the data", lambda: write(data))
attempt("a new file beside the data", lambda: write(data.parent / "note.txt"))
attempt("deleting the data", lambda: os.remove(data))
print(json.dumps(tried))

#!/opt/workspace/bin/python
"""`tre` inside a workspace: check files, submit a request, see where it stands.

    tre check FILE…        check files (or a folder) as they will be checked before release
    tre submit NAME        send ~/outbox/NAME/ for review; what is gone from there leaves it
    tre status [NAME]      your requests, or one of them with its findings

It talks to the airlock door only: a socket that says who you are, or on a cluster an address, where
the secret that this notebook server got at its start says it.
What each file shows stands in ~/outbox/NAME/context.json:

    {"table.csv": {"shows": "…", "population": "…", "control": "…"}}

Exit status: 0 pass, 10 look at it, 20 stopped, 2 wrong use, 3 unknown, 4 not allowed, 5 conflict,
6 not available now. Standard library only.
"""

import argparse
import contextlib
import http.client
import json
import os
import socket
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

DOOR = os.environ.get("TRE_AIRLOCK", "/run/tre/airlock")
SECRET = os.environ.get("TRE_DOOR_SECRET", "")
FIELDS = ("shows", "population", "control")
EXIT = {"pass": 0, "not-applicable": 0, "flag": 10, "could-not-check": 20, "block": 20}
SCRATCH = "scratch"
WORDS = {
    "pass": "pass",
    "flag": "flag: checkers will look at it",
    "block": "block: it must not leave like this",
    "could-not-check": "could not check: it cannot leave like this",
}
_CONTEXT = "context.json"
_LEFT_OUT = ".ipynb_checkpoints"
_FAMILIES = {403: 4, 404: 3, 409: 5}
_PATIENCE = 300
_ROWS = 12


class Stop(Exception):
    """End with a sentence and an exit status."""

    def __init__(self, message, status):
        """Keep both."""
        super().__init__(message)
        self.status = status


class _Connection(http.client.HTTPConnection):
    """HTTP over the door's unix socket."""

    def __init__(self, door):
        super().__init__("airlock", timeout=120)
        self._door = str(door)

    def connect(self):
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._door)


def _connection(door):
    """Open no name: an address of a cluster, else the door's socket."""
    if str(door).startswith("http://"):
        place = urlsplit(str(door))
        return http.client.HTTPConnection(place.hostname, place.port, timeout=120)
    return _Connection(door)


class Airlock:
    """The airlock door as this program sees it."""

    def __init__(self, door):
        """Speak to one door; each call opens it anew."""
        self._door = door

    def ask(self, method, path, body=None):
        """Send one call and return its JSON. Raises Stop with the door's own sentence."""
        for pause in (1, 2, 4, None):
            status, answer = self._once(method, path, body)
            if status != 429 or pause is None:
                break
            time.sleep(pause)
        if status >= 400:
            raise Stop(_sentence(answer), _FAMILIES.get(status, 2 if status < 429 else 6))
        return answer

    def _once(self, method, path, body):
        connection = _connection(self._door)
        headers = {"Content-Type": "application/json" if method == "POST" else "text/plain"}
        if SECRET:
            headers["TRE-Door"] = SECRET
        if method != "GET":
            headers["Content-Length"] = str(len(body or b""))
        try:
            with contextlib.suppress(BrokenPipeError):  # answered early: the answer says why
                connection.request(method, path, body=body, headers=headers)
            reply = connection.getresponse()
            content = reply.read()
            return reply.status, json.loads(content) if content else {}
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise Stop(
                "The airlock does not answer now. Nothing was lost; try again in a moment.", 6
            ) from problem
        finally:
            connection.close()


def main(arguments=None, door=DOOR, home=None, pause=1.0):
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    home = home or Path.home()
    try:
        if options.command == "check":
            return check(Airlock(door), home, options.files, pause)
        if options.command == "submit":
            return submit(Airlock(door), home, options.name, pause, options.keep)
        return status(Airlock(door), options.name)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return stop.status


def check(airlock, home, files, pause):
    """Put files into the draft of their folder and show what the check says about them."""
    worst = 0
    for name, chosen in _by_draft(home, [Path(file) for file in files]).items():
        for inside, path in chosen.items():
            _send(airlock, name, inside, path)
        asked = airlock.ask("POST", f"/drafts/{quote(name)}/check", b"{}")
        draft = _wait(airlock, name, asked["check"], pause)
        shown = [file for file in draft["files"] if file["path"] in chosen]
        for file in shown:
            worst = max(worst, _show(file))
        if len(shown) < len(chosen):
            raise Stop("The check said nothing about some of these files; try again.", 6)
    return worst


def submit(airlock, home, name, pause, keep=False):
    """Send a folder of the outbox with its context, and wait until the machine has checked it.

    The request is what the folder holds now: what was sent before and is gone leaves the draft,
    unless `keep`.
    """
    folder = home / "outbox" / name
    if "/" in name or name in {"", ".", ".."} or not folder.is_dir():
        raise Stop(
            f"There is no folder ~/outbox/{name}. Put the files of one request into a folder "
            "there, and give its name.",
            2,
        )
    files = _inside(folder)
    if not files:
        raise Stop(f"~/outbox/{name} holds no file to send.", 2)
    context = _context(folder / _CONTEXT)
    unknown = sorted(set(context) - set(files))
    if unknown:
        raise Stop(f"context.json speaks of {unknown[0]!r}, which is not in the folder.", 2)
    for inside, path in files.items():
        _send(airlock, name, inside, path)
    said = {"files": context} if keep else {"files": context, "present": sorted(files)}
    answer = airlock.ask("POST", f"/drafts/{quote(name)}/submit", json.dumps(said).encode())
    for inside in answer.get("removed", []):
        print(f"taken out: {inside} (not in ~/outbox/{name} any more; --keep leaves such files in)")
    if answer["missing"]:
        return _incomplete(name, answer["missing"])
    print(f"Submitted {name}: {len(files)} files.")
    draft = _wait(airlock, name, None, pause)
    worst = max((_show(file) for file in draft["files"]), default=0)
    print(f"{name}: {_state(draft)}")
    return 20 if draft["state"] == "blocked" else min(worst, 10)


def status(airlock, name):
    """List requests, or show one with the findings on its files."""
    if name is None:
        requests = airlock.ask("GET", "/status")
        for request in requests:
            print(f"{request['name']}: {_state(request)}")
        if not requests:
            print("You have no requests in this project. Put files into ~/outbox/NAME/ and run")
            print("    tre submit NAME")
        return 0
    draft = airlock.ask("GET", f"/drafts/{quote(name, safe='')}")
    for file in draft["files"]:
        _show(file)
    print(f"{name}: {_state(draft)}")
    return 0


def _parser():
    parser = argparse.ArgumentParser(
        prog="tre", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    checking = commands.add_parser("check", help="check files before you submit them")
    checking.add_argument("files", nargs="+", metavar="FILE")
    submitting = commands.add_parser("submit", help="send ~/outbox/NAME/ for review")
    submitting.add_argument("name", metavar="NAME")
    submitting.add_argument(
        "--keep", action="store_true", help="leave files in the request that are not in the folder"
    )
    asking = commands.add_parser("status", help="where your requests stand")
    asking.add_argument("name", nargs="?", metavar="NAME")
    return parser


def _by_draft(home, paths):
    """Sort files by draft: the folder of the outbox they lie in, else the scratch draft."""
    drafts = {}
    for path in paths:
        if not path.exists():
            raise Stop(f"{path} does not exist.", 2)
        found = _inside(path) if path.is_dir() else {path.name: path}
        for inside, file in found.items():
            name, inside = _place(home, file, inside)
            if drafts.setdefault(name, {}).setdefault(inside, file) is not file:
                raise Stop(f"Two files are called {inside}; check them one after the other.", 2)
    if not drafts:
        raise Stop("There is no file to check.", 2)
    return drafts


def _place(home, file, inside):
    outbox = (home / "outbox").resolve()
    try:
        steps = (file.parent.resolve() / file.name).relative_to(outbox).parts
    except ValueError:
        return SCRATCH, inside
    return (steps[0], "/".join(steps[1:])) if len(steps) > 1 else (SCRATCH, inside)


def _inside(folder):
    """List the plain files of a folder by their path in it; what is left out is said."""
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if _LEFT_OUT in inside.parts:
            if path.name == _LEFT_OUT:
                print(f"left out: {inside} (copies that Jupyter makes)")
        elif path.is_symlink():
            print(f"left out: {inside} (a link; copy the file itself)")
        elif path.is_file() and str(inside) != _CONTEXT:
            found[str(inside)] = path
    return found


def _send(airlock, name, inside, path):
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise Stop(f"{path} cannot be read: {problem.strerror}.", 2) from problem
    airlock.ask("PUT", f"/drafts/{quote(name)}/files/{quote(inside)}", data)


def _context(path):
    """Read context.json: a file's path to what it shows, its population and its control."""
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text("utf-8"))
        files = value.get("files", value)
        return {
            name: {field: str(words.get(field, "")) for field in FIELDS}
            for name, words in files.items()
        }
    except (OSError, ValueError, AttributeError) as problem:
        raise Stop(
            'context.json is not readable. It looks like {"table.csv": {"shows": "…", '
            '"population": "…", "control": "…"}}.',
            2,
        ) from problem


def _wait(airlock, name, check_id, pause):
    """Wait until a check is done (None: until none is waiting or running), with signs of life."""
    began = said = time.monotonic()
    print("checking …", flush=True)
    while True:
        draft = airlock.ask("GET", f"/drafts/{quote(name)}")
        checks = [one for one in draft["checks"] if check_id in (None, one["id"])]
        if (
            checks
            and all(one["state"] == "done" for one in checks)
            and draft["state"] != "checking"
        ):
            return draft
        waited = time.monotonic() - began
        if waited > _PATIENCE:
            raise Stop("The check takes longer than usual. Look again with: tre status", 6)
        if time.monotonic() - said > 5:
            said = time.monotonic()
            print(f"still checking, {waited:.0f} s", flush=True)
        time.sleep(pause)


def _show(file):
    """Print one file with its findings, worst first, and return its exit status."""
    verdict = file["verdict"] or "not checked yet"
    print(f"{file['path']}: {WORDS.get(verdict, verdict)}")
    for finding in file["findings"]:
        print(f"  {finding['severity']} {finding['rule']} {_where(file, finding['where'])}")
        print(f"    {finding['evidence']}")
        print(f"    {finding['say']}")
    if file.get("coverage"):
        print(f"  {file['coverage']}")
    return EXIT.get(verdict, 20) if file["verdict"] else 0


def _where(file, where):
    words = [] if where["path"] == file["path"] else [where["path"]]
    if where["column"]:
        words.append(f"column {where['column']}")
    rows = where["rows"]
    if rows:
        more = f" and {len(rows) - _ROWS} more" if len(rows) > _ROWS else ""
        words.append("row " * (len(rows) == 1) + "rows " * (len(rows) > 1)
                     + ", ".join(map(str, rows[:_ROWS])) + more)  # fmt: skip
    if where["end"]:
        words.append(f"bytes {where['start']} to {where['end']}")
    return ", ".join(words)


def _state(request):
    state = request["state"].replace("_", " ")
    held = ", held" if request.get("held") else ""
    reason = f" ({request['reason']})" if request.get("reason") else ""
    return f"{state}{held}, round {request['round']}{reason}"


def _incomplete(name, missing):
    print(f"Not submitted yet: {name} is kept as a draft, because this is missing:")
    for one in missing:
        print(f"  {one}")
    print(f"Write it into ~/outbox/{name}/context.json and run tre submit {name} again:")
    print('  {"table.csv": {"shows": "…", "population": "…", "control": "…"}}')
    return 2


def _sentence(answer):
    said = answer if isinstance(answer, dict) else {}
    lines = [str(said.get("detail") or "The airlock did not accept this.")]
    lines += [f"  - {reason.get('text', '')}" for reason in said.get("reasons") or []]
    return "\n".join(line for line in lines if line.strip())


if __name__ == "__main__":
    sys.exit(main())

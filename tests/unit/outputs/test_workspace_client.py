"""The `tre` command inside a workspace, against a small airlock door with state."""

import importlib.util
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / "workspace-images" / "workspace" / "client" / "tre.py"


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("workspace_tre", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tre = _load()

FINDING: dict[str, Any] = {
    "rule": "O19",
    "severity": "block",
    "where": {"path": "rows.csv", "rows": list(range(1, 41)), "column": None, "start": None,
              "end": None},
    "evidence": "40 of 40 rows link to flchain/v1",
    "say": "Records cannot leave: export a summary of groups instead.",
    "measured": None,
    "threshold": None,
}  # fmt: skip


class Door:
    """An airlock that remembers drafts; verdicts by file name; slow by a number of looks."""

    def __init__(self) -> None:
        self.drafts: dict[str, dict[str, bytes]] = {}
        self.context: dict[str, Any] = {}
        self.state = "draft"
        self.looks = 1
        self.refuse: list[tuple[int, dict[str, Any]]] = []
        self.calls: list[str] = []

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Serve one call."""
        self.calls.append(f"{method} {path}")
        if self.refuse:
            return self.refuse.pop(0)
        match [method, *(unquote(step) for step in path.split("/")[1:])]:
            case ["GET", "status"]:
                return 200, [self._row(name) for name in self.drafts]
            case ["PUT", "drafts", name, "files", *inside]:
                self.drafts.setdefault(name, {})["/".join(inside)] = body
                return 200, {"path": "/".join(inside), "digest": "d", "size": len(body)}
            case ["POST", "drafts", name, "check"]:
                return 200, {"check": "c-1", "request": "r"}
            case ["POST", "drafts", name, "submit"]:
                return 200, self._submit(name, json.loads(body))
            case ["GET", "drafts", name] if name in self.drafts:
                return 200, self._detail(name)
        return 404, {"detail": "There is no such request.", "reasons": []}

    def _submit(self, name: str, said: dict[str, Any]) -> dict[str, Any]:
        self.context = context = said["files"]
        removed = sorted(set(self.drafts[name]) - set(said.get("present", self.drafts[name])))
        for path in removed:
            del self.drafts[name][path]
        missing = [f"{path}: shows" for path in self.drafts[name] if path not in context]
        self.state = (
            "draft" if missing else "blocked" if "rows.csv" in self.drafts[name] else "in_review"
        )
        return {"request": "r", "state": self.state, "missing": missing, "removed": removed}

    def _row(self, name: str) -> dict[str, Any]:
        return {"name": name, "state": self.state, "round": 1, "reason": None, "held": None}

    def _detail(self, name: str) -> dict[str, Any]:
        self.looks -= 1
        files = [self._file(path) for path in self.drafts[name]]
        state = "done" if self.looks < 0 else "running"
        return {**self._row(name), "files": files, "checks": [{"id": "c-1", "state": state}]}

    def _file(self, path: str) -> dict[str, Any]:
        verdict = {"rows.csv": "block", "plot.png": "flag", "a.xlsx": "could-not-check"}
        return {
            "path": path,
            "verdict": verdict.get(path, "pass"),
            "coverage": f"Every byte of {path} was read.",
            "findings": [FINDING] if path == "rows.csv" else [],
        }


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    door: Door


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer with the door's JSON."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        status, value = self.server.door.answer(self.command, self.path, body)
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_PUT = do_POST = do_GET

    def address_string(self) -> str:
        """A unix socket has no address."""
        return "door"

    def log_message(self, *_arguments: object) -> None:
        """Stay quiet."""


@pytest.fixture
def door(run_dir: Path) -> Iterator[Door]:
    """A door that listens at `run_dir/airlock`."""
    server = _Server(str(run_dir / "airlock"), _Handler)
    server.door = Door()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.door
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A researcher's home with one request in the outbox."""
    folder = tmp_path / "outbox" / "survival"
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "by sex.csv").write_text("sex,n\nF,12\n")
    (folder / "note.md").write_text("# Note\n")
    return tmp_path


class Command:
    """Runs the program against the door."""

    def __init__(self, run_dir: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._door, self._home, self._capsys = run_dir / "airlock", home, capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Give the exit status and all that was printed."""
        status: int = tre.main(list(arguments), door=self._door, home=self._home, pause=0.01)
        seen = self._capsys.readouterr()
        return status, seen.out + seen.err


@pytest.fixture
def command(run_dir: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """The program in this home, at this door."""
    return Command(run_dir, home, capsys)


def test_check_sends_shows_and_exits_by_the_worst(command: Command, door: Door, home: Path) -> None:
    """A file of the outbox goes into the draft of its folder."""
    path = home / "outbox" / "survival" / "tables" / "by sex.csv"
    assert command("check", str(path))[0] == 0
    assert door.drafts == {"survival": {"tables/by sex.csv": b"sex,n\nF,12\n"}}
    (home / "rows.csv").write_text("a\n1\n")
    status, said = command("check", str(home / "rows.csv"), str(path))
    assert status == 20
    assert door.drafts["scratch"] == {"rows.csv": b"a\n1\n"}
    assert "block O19 rows 1, 2, 3" in said
    assert "and 28 more" in said
    assert FINDING["say"] in said


@pytest.mark.parametrize(("name", "status"), [("plot.png", 10), ("a.xlsx", 20), ("ok.csv", 0)])
def test_check_status_by_verdict(
    command: Command, door: Door, home: Path, name: str, status: int
) -> None:
    """10 to look at, 20 stopped, 0 pass; older files of the draft do not count."""
    door.drafts["scratch"] = {"rows.csv": b"old"}
    (home / name).write_text("x")
    found, said = command("check", str(home / name))
    assert found == status
    assert "rows.csv" not in said


def test_check_waits_for_its_own_check(command: Command, door: Door, home: Path) -> None:
    """However long the door takes."""
    door.looks = 5
    (home / "ok.csv").write_text("x")
    assert command("check", str(home / "ok.csv"))[0] == 0
    assert door.calls.count("GET /drafts/scratch") == 6


def test_submit_needs_the_context(command: Command, door: Door, home: Path) -> None:
    """What is missing is named, with the file that mends it."""
    status, said = command("submit", "survival")
    assert status == 2
    assert "note.md: shows" in said
    assert "context.json" in said
    words = {"shows": "a table", "population": "all", "control": "none below ten"}
    context = {"note.md": words, "tables/by sex.csv": words}
    (home / "outbox" / "survival" / "context.json").write_text(json.dumps(context))
    status, said = command("submit", "survival")
    assert status == 0
    assert "in review, round 1" in said
    assert door.context == context
    assert "context.json" not in door.drafts["survival"]


@pytest.mark.parametrize("keep", [False, True])
def test_what_is_gone_from_the_folder_leaves_the_request(
    command: Command, door: Door, home: Path, keep: bool
) -> None:
    """And it is said; `--keep` leaves it in."""
    folder = home / "outbox" / "survival"
    (folder / "rows.csv").write_text("a\n1\n")
    assert command("submit", "survival")[0] == 2
    assert set(door.drafts["survival"]) == {"tables/by sex.csv", "note.md", "rows.csv"}
    (folder / "rows.csv").unlink()
    _, said = command("submit", "survival", *["--keep"] * keep)
    assert ("rows.csv" in door.drafts["survival"]) is keep
    assert ("taken out: rows.csv (not in ~/outbox/survival any more" in said) is not keep


def test_a_blocked_submission_ends_with_20(command: Command, door: Door, home: Path) -> None:
    """And shows why."""
    folder = home / "outbox" / "leaky"
    folder.mkdir()
    (folder / "rows.csv").write_text("a\n1\n")
    (folder / "context.json").write_text('{"files": {"rows.csv": {"shows": "x"}}}')
    status, said = command("submit", "leaky")
    assert status == 20
    assert "leaky: blocked" in said
    assert "O19" in said


def test_what_is_left_out_is_said(command: Command, door: Door, home: Path) -> None:
    """Jupyter's copies and links; other hidden files go and are judged."""
    folder = home / "outbox" / "survival"
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "x-checkpoint.ipynb").write_text("{}")
    (folder / "link.csv").symlink_to(folder / "note.md")
    (folder / ".hidden").write_text("x")
    _, said = command("submit", "survival")
    assert set(door.drafts["survival"]) == {"tables/by sex.csv", "note.md", ".hidden"}
    assert "left out: .ipynb_checkpoints" in said
    assert "left out: link.csv" in said


def test_status_lists_and_shows(command: Command, door: Door, home: Path) -> None:
    """Nothing yet, all requests, one request, an unknown one."""
    assert "tre submit NAME" in command("status")[1]
    command("check", str(home / "outbox" / "survival"))
    assert command("status") == (0, "survival: draft, round 1\n")
    assert "note.md: pass" in command("status", "survival")[1]
    assert command("status", "nothing") == (3, "There is no such request.\n")


@pytest.mark.parametrize(
    ("status", "exit_status"),
    [(403, 4), (404, 3), (409, 5), (422, 2), (413, 2), (503, 6), (500, 6)],
)
def test_a_refusal_is_its_sentence(
    command: Command, door: Door, home: Path, status: int, exit_status: int
) -> None:
    """With every reason, and the exit status of its family."""
    said = {"detail": "Not now.", "reasons": [{"code": "c", "text": "Because of this."}]}
    door.refuse = [(status, said)]
    assert command("submit", "survival") == (exit_status, "Not now.\n  - Because of this.\n")


def test_asked_too_often_it_waits(
    command: Command, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And tries again, a few times."""
    waited: list[float] = []
    monkeypatch.setattr(tre.time, "sleep", waited.append)
    door.refuse = [(429, {"detail": "Too often."})] * 2
    assert command("status")[0] == 0
    assert waited == [1, 2]
    door.refuse = [(429, {"detail": "Too often."})] * 4
    assert command("status") == (6, "Too often.\n")


def test_without_a_door_it_says_so(command: Command) -> None:
    """6, with a sentence."""
    status, said = command("status")
    assert status == 6
    assert "does not answer now" in said


@pytest.mark.parametrize(
    "arguments",
    [("submit", "none"), ("submit", "../survival"), ("submit", ".."), ("submit", "empty"),
     ("submit", "odd"), ("submit", "broken"), ("check", "nothing.csv"), ("check", "outbox/empty")],
)  # fmt: skip
def test_wrong_use_is_2(
    command: Command,
    door: Door,
    home: Path,
    arguments: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before anything is sent."""
    monkeypatch.chdir(home)
    for name, context in (("empty", None), ("odd", '{"other.csv": {}}'), ("broken", "[1]")):
        (home / "outbox" / name).mkdir()
        if context:
            (home / "outbox" / name / "a.csv").write_text("x")
            (home / "outbox" / name / "context.json").write_text(context)
    assert command(*arguments)[0] == 2
    assert door.calls == []


def test_two_files_of_one_name_are_not_mixed_up(command: Command, door: Door, home: Path) -> None:
    """They would overwrite each other in the scratch draft."""
    for folder in ("a", "b"):
        (home / folder).mkdir()
        (home / folder / "t.csv").write_text(folder)
    status, said = command("check", str(home / "a" / "t.csv"), str(home / "b" / "t.csv"))
    assert status == 2
    assert "Two files are called t.csv" in said


def test_the_program_needs_nothing_but_python() -> None:
    """Standard library only, and no word of ours imported."""
    lines = PROGRAM.read_text().splitlines()
    imports = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
    allowed = {"argparse", "contextlib", "http.client", "json", "os", "pathlib", "socket", "sys",
               "time", "urllib.parse"}  # fmt: skip
    assert imports <= allowed

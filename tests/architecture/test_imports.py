"""The import contracts of pyproject.toml hold, and each breaks when it should."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

from tests.architecture.test_rules import IMPURE, is_pure
from tests.discover import PACKAGE, ROOT, sources

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]

PLANTED = {
    "The import order is the data flow read backwards": ("policy", "import orchestrator.audit.log"),
    "Pure modules know no database, framework, client or setting": (
        "lifecycle/machine",
        "import sqlalchemy",
    ),
    "Gateway, doors and hub never reach the database or a noun": (
        "gateway",
        "import orchestrator.settings",  # planted there: settings import the database
    ),
    "API and pages never reach an engine, the hub, or the reconciler's wiring": (
        "web",
        "import orchestrator.bootstrap.hands",
    ),
    "The check engine judges files and knows nothing of who asks": (
        "outputs",
        "import orchestrator.db",
    ),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the package as it lies in a folder."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package's sources, to be spoiled."""
    shutil.copytree(PACKAGE, tmp_path / "orchestrator", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold() -> None:
    """All of them, exhaustively: a new package must be given its place."""
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"{len(CONTRACTS['contracts'])} kept, 0 broken" in done.stdout


def test_every_contract_breaks_on_a_planted_import(copy: Path) -> None:
    """Indirect reaches included: the gateway reaches the database through its settings."""
    assert set(PLANTED) == {contract["name"] for contract in CONTRACTS["contracts"]}
    for place, line in [*PLANTED.values(), ("settings", "import orchestrator.db")]:
        file = copy / "orchestrator" / f"{place}.py"
        file = file if file.exists() else copy / "orchestrator" / place / "__init__.py"
        file.write_text(f"{file.read_text()}\n{line}\n")
    done = lint(copy)
    broken = [name for name in PLANTED if f"{name} BROKEN" in " ".join(done.stdout.split())]
    assert broken == list(PLANTED)


def test_a_new_package_needs_a_place(copy: Path) -> None:
    """The list of layers is exhaustive."""
    (copy / "orchestrator" / "helpers").mkdir()
    (copy / "orchestrator" / "helpers" / "__init__.py").write_text('"""Not in the plan."""\n')
    done = lint(copy)
    assert done.returncode != 0
    assert "helpers" in done.stdout


def test_what_calls_itself_pure_reaches_nothing_impure() -> None:
    """Not through others either; every module that says [pure] is looked at."""
    graph = grimp.build_graph("orchestrator", include_external_packages=True, cache_dir=None)
    pure = [
        ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        for path, tree in sources()
        if is_pure(str(path), tree)
    ]
    assert len(pure) > 10
    for module in pure:
        for bad in IMPURE:
            if bad in graph.modules and (chain := graph.find_shortest_chain(module, bad)):
                pytest.fail(f"{module} is pure and reaches {bad}: {' → '.join(chain)}")

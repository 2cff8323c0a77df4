"""Finds what the generated tests run over, so that a new noun is covered without being listed."""

import ast
import functools
import importlib
from pathlib import Path
from types import ModuleType

from sqlmodel import SQLModel

from orchestrator.lifecycle.machine import Machine

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "orchestrator"


def modules(name: str) -> list[ModuleType]:
    """Import every `orchestrator.<noun>.<name>` there is."""
    found = sorted(PACKAGE.glob(f"*/{name}.py"))
    return [importlib.import_module(f"orchestrator.{file.parent.name}.{name}") for file in found]


def machines() -> dict[str, Machine]:
    """Every transition table of the package, by its noun."""
    found = [v for m in modules("states") for v in vars(m).values() if isinstance(v, Machine)]
    assert len({machine.noun for machine in found}) == len(found), "two tables for one noun"
    return {machine.noun: machine for machine in found}


def tables() -> type[SQLModel]:
    """Import every table; returns the class that holds their metadata."""
    modules("models")
    return SQLModel


@functools.cache
def sources() -> list[tuple[Path, ast.Module]]:
    """Parse every source file of the package, with relative paths."""
    files = sorted(PACKAGE.rglob("*.py"))
    return [(file.relative_to(ROOT), ast.parse(file.read_text())) for file in files]

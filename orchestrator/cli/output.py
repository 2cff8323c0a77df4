"""How commands answer: tables for people, JSON for programs, one exit code a family of errors."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestrator.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Tampered,
    TreError,
    Unavailable,
)

EXIT_CODE: dict[type[TreError], int] = {
    Invalid: 2,
    NotFound: 3,
    NotAllowed: 4,
    Conflict: 5,
    Unavailable: 6,
    Tampered: 7,
}
"""Exit codes of the six families; 0 is success and `tre check` has 0, 10 and 20 of its own."""

console = Console(highlight=False)
problems = Console(stderr=True, highlight=False)


def exit_code(error: TreError) -> int:
    """Find the family's exit code."""
    return next(code for family, code in EXIT_CODE.items() if isinstance(error, family))


def complain(error: TreError, *, as_json: bool = False) -> None:
    """Say what went wrong and every reason, on standard error."""
    if as_json:
        reasons = [{"code": code, "text": text} for code, text in error.reasons]
        print_json(
            {
                "error": type(error).__name__,
                "code": error.code,
                "detail": error.message,
                "reasons": reasons,
            }
        )
        return
    problems.print(f"[bold red]{type(error).__name__}[/]: {escape(error.message)}")
    for code, text in error.reasons:
        problems.print(f"  – {escape(text)} [dim]({escape(code)})[/]")


def print_json(value: Any) -> None:
    """Print one JSON document, stable for programs."""
    console.print_json(json.dumps(value, default=str))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows for people."""
    table = Table(title=title, title_justify="left", title_style="bold", show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape("" if cell is None else str(cell)) for cell in row))
    console.print(table)


def print_facts(facts: Mapping[str, object]) -> None:
    """Print names and values, one a line."""
    for name, value in facts.items():
        console.print(f"[dim]{escape(name)}:[/] {escape(str(value))}")

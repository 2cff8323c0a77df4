"""The entry point of `tre`: loads the commands that were asked for, turns errors into exit codes.

Only the named command's module is imported: a halt must not wait for code it does not need.
"""

import sys
from importlib import import_module

import typer
from pydantic import ValidationError

from orchestrator.cli.output import complain, exit_code
from orchestrator.errors import Invalid, TreError

MODULES = {
    "demo": "demo",
    "identity": "identity",
    "seed": "identity",
    "serve": "processes",
    "reconcile": "processes",
    "gateway": "roles",
    "doors": "roles",
    "halt": "halt",
    "migrate": "operate",
    "backup": "keeping",
    "restore": "keeping",
    "move": "keeping",
    "mirror": "mirror",
    "doctor": "doctor",
    "policy": "operate",
    "version": "operate",
    "check": "check",
    "docs": "docs",
    "audit": "audit",
    "cluster": "cluster",
    "dataset": "people",
    "project": "people",
    "vote": "people",
    "status": "people",
    "submit": "people",
    "resume": "people",
}
"""Command → the module of this package that has it in its `register`."""


def build(words: list[str]) -> typer.Typer:
    """Gather the commands of the module that the first word names; all of them for help."""
    app = typer.Typer(
        name="tre",
        help="Run and use a trusted research environment.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)  # keeps a single command a command
    named = MODULES.get(words[0]) if words else None
    for module in [named] if named else dict.fromkeys(MODULES.values()):
        import_module(f"orchestrator.cli.{module}").register(app)
    return app


def main() -> None:
    """Run a command; errors of ours are sentences and exit codes, never stack traces."""
    try:
        build(sys.argv[1:])()
    except TreError as error:
        complain(error, as_json="--json" in sys.argv)
        sys.exit(exit_code(error))
    except ValidationError as error:
        fields = [(f"TRE_{'_'.join(map(str, e['loc'])).upper()}", e["msg"]) for e in error.errors()]
        said = "; ".join(f"{name}: {text}" for name, text in fields)
        complain(Invalid(f"The settings are wrong. {said}."))
        sys.exit(2)


if __name__ == "__main__":
    main()

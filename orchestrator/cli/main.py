"""The entry point of `tre`: gathers the commands and turns errors into exit codes."""

import sys

import typer
from pydantic import ValidationError

from orchestrator import __version__
from orchestrator.cli import audit, check, demo, docs, operate, people
from orchestrator.cli.output import complain, console, exit_code
from orchestrator.errors import Invalid, TreError

app = typer.Typer(
    name="tre",
    help="Run and use a trusted research environment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demo.demo)
app.command(hidden=True)(demo.identity)
app.command()(check.check)
operate.register(app)
people.register(app)
app.add_typer(audit.app, name="audit", help="Verify and export the log.")
app.command("docs")(docs.docs)


@app.command()
def version() -> None:
    """Print the version."""
    console.print(__version__)


def main() -> None:
    """Run a command; errors of ours are sentences and exit codes, never stack traces."""
    try:
        app()
    except TreError as error:
        complain(error, as_json="--json" in sys.argv)
        sys.exit(exit_code(error))
    except ValidationError as error:
        said = "; ".join(
            f"TRE_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()
        )
        complain(Invalid(f"The settings are wrong. {said}."))
        sys.exit(2)


if __name__ == "__main__":
    main()

"""Documents made from code: states, settings, commands. What drifts fails `make check`."""

from collections.abc import Iterator

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from orchestrator.airlock.states import MACHINE as AIRLOCK
from orchestrator.cli.main import build
from orchestrator.datasets.states import MACHINE as SNAPSHOT
from orchestrator.lifecycle.machine import Machine
from orchestrator.outputs.readers.formats import FORMATS, Format
from orchestrator.projects.states import MACHINE as PROJECT
from orchestrator.settings import Settings
from orchestrator.workspaces.states import MACHINE as WORKSPACE

MACHINES = (PROJECT, SNAPSHOT, WORKSPACE, AIRLOCK)
_MADE = "<!-- Made by `make docs`; change the code, not this file. -->\n"


def render() -> dict[str, str]:
    """Every generated document: path below the repository → text."""
    return {
        "docs/states.md": _states(),
        "docs/settings.md": _settings(),
        "docs/commands.md": _commands(),
        "docs/formats.md": _formats(),
    }


_FORMATS = """# What the check engine reads

Every byte of a file must belong to something that was read. Bytes that belong to nothing (behind
the end, between parts, in a part of no known kind) are a finding of rule O29: *could not be
checked*, and that holds the file as shipped. A file inside a file is read by its own reader, down
to the depth and size that the outputs policy allows; nothing is unpacked beyond `expansion`,
`member_bytes` and `opened_bytes`. No macro, script or pickle is run, nothing is fetched, no
entity is expanded.

What people do not see when they open a file is read all the same and named by rule O28: hidden
sheets, rows and columns, deleted text, comments, caches, values that nothing uses any more,
earlier versions, links to places outside. Scripts, actions and macros are named by O35, models by
O25, genotypes by O33, figures with one mark for each person by O18.
"""


def _formats() -> str:
    lines = [_MADE, _FORMATS, "## Read", "", "| format | extensions | what is read |",
             "| --- | --- | --- |"]  # fmt: skip
    lines += [_format_row(one) for one in FORMATS if one.note is None]
    lines += ["", "## Not read", "",
              "These could not be checked, so they are held; genotypes are blocked.", "",
              "| format | extensions | why, and what to send instead |",
              "| --- | --- | --- |"]  # fmt: skip
    lines += [_format_row(one) for one in FORMATS if one.note is not None]
    return "\n".join(lines) + "\n"


def _format_row(one: Format) -> str:
    return f"| {one.name} | {' '.join(one.extensions)} | {one.says} |"


def _states() -> str:
    parts = [
        _MADE,
        "# States\n",
        "What may follow what, and by whom. Each move is one entry of the log.\n",
    ]
    for machine in MACHINES:
        parts += [f"## {machine.noun.capitalize()}\n", f"```mermaid\n{machine.mermaid()}```\n"]
        parts += [_table(machine)]
    return "\n".join(parts)


def _table(machine: Machine) -> str:
    lines = ["| from | event | to | by |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {row.source} | {row.event} | {row.target} | {', '.join(sorted(row.by))} |"
        for row in machine.table
    ]
    return "\n".join(lines) + "\n"


def _settings() -> str:
    lines = [
        _MADE,
        "# Settings",
        "",
        "Read once from the environment, then frozen. `TRE_` in front of every name.",
        "",
        "| variable | default | what it is |",
        "| --- | --- | --- |",
    ]
    for name, field in Settings.model_fields.items():
        default = str(field.default).replace("**********", "")
        if name == "policies_dir":
            default = "`policies/` of this installation"
        lines.append(f"| `TRE_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def _commands() -> str:
    about = (
        "People's commands go through the API with a token (`TRE_API_TOKEN`); operators' commands "
        "use the settings of the machine.\n"
        "Exit codes: 0 done, 2 wrong input, 3 not found, 4 not allowed, 5 conflict, 6 try later, "
        "7 tampered.\n"
    )
    parts = [_MADE, "# Commands\n", about]
    for name, command in sorted(_leaves(typer.main.get_command(build([])), "tre")):
        parts += [f"## `{name}`\n", f"{command.get_short_help_str(200)}\n", _parameters(command)]
    return "\n".join(part for part in parts if part)


def _leaves(command: object, name: str) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for word, inner in command.commands.items():
            yield from _leaves(inner, f"{name} {word}")
    elif isinstance(command, TyperCommand):
        yield name, command


def _parameters(command: TyperCommand) -> str:
    lines = [
        f"| `{_spelled(one)}` | {getattr(one, 'help', None) or ''} |" for one in command.params
    ]
    if not lines:
        return ""
    return "\n".join(["| argument or option | what it is |", "| --- | --- |", *lines]) + "\n"


def _spelled(one: object) -> str:
    if isinstance(one, TyperArgument):
        return str(one.name).upper() if one.required else f"[{str(one.name).upper()}]"
    return str(getattr(one, "opts", ["?"])[0])

"""Documents made from code: state diagrams and settings. What drifts fails `make check`."""

from orchestrator.airlock.states import MACHINE as AIRLOCK
from orchestrator.datasets.states import MACHINE as SNAPSHOT
from orchestrator.lifecycle.machine import Machine
from orchestrator.projects.states import MACHINE as PROJECT
from orchestrator.settings import Settings
from orchestrator.workspaces.states import MACHINE as WORKSPACE

MACHINES = (PROJECT, SNAPSHOT, WORKSPACE, AIRLOCK)
_MADE = "<!-- Made by `make docs`; change the code, not this file. -->\n"


def render() -> dict[str, str]:
    """Every generated document: path below the repository → text."""
    return {"docs/states.md": _states(), "docs/settings.md": _settings()}


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

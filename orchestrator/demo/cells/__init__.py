"""What the researcher types into the notebook; read as text, run in the workspace, never here."""

import json
from collections.abc import Mapping
from pathlib import Path

_HERE = Path(__file__).parent


def cell(name: str, facts: Mapping[str, object] | None = None) -> str:
    """The text of a cell, with the facts of this machine filled in."""
    text = (_HERE / f"{name}.py").read_text()
    return text.replace("FACTS = {}", f"FACTS = {json.dumps(dict(facts or {}))}", 1)

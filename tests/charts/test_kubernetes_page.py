"""The administrator's page: its values are the chart's, its commands name what is there."""

import re
from typing import Any

import jsonschema
import pytest
import yaml

from tests.charts.copies import CHART, ROOT
from tests.charts.test_chart_files import SCHEMA, VALUES

PAGE = (ROOT / "docs" / "kubernetes.md").read_text()
_BLOCK = re.compile(r"^```(?P<kind>[^\n]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(one["kind"], one["text"]) for one in _BLOCK.finditer(PAGE)]
SAID = [
    yaml.safe_load(text.replace("sha256:…", "sha256:" + "1" * 64))
    for kind, text in BLOCKS
    if kind == "yaml"
]
OF_THE_CHART = [said for said in SAID if isinstance(said, dict) and set(said) <= set(VALUES)]
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]


def _over(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """As helm merges values: maps over maps, a null takes a default away, all else is whole."""
    both = dict(one)
    for name, value in other.items():
        old = both.pop(name, None)
        if isinstance(old, dict) and isinstance(value, dict):
            both[name] = _over(old, value)
        elif value is not None:
            both[name] = value
    return both


@pytest.mark.parametrize("said", OF_THE_CHART, ids=lambda said: "-".join(said)[:30])
def test_the_values_on_the_page_are_in_the_schema(said: dict[str, Any]) -> None:
    jsonschema.validate(_over(VALUES, said), SCHEMA)


def test_every_example_is_looked_at() -> None:
    """The least that an administrator says, storage by a driver, and images of data."""
    assert len(OF_THE_CHART) == 3


def test_every_pod_that_a_command_enters_is_the_charts() -> None:
    entered = re.findall(r"exec --namespace tre (\w+)/(\w+)", "\n".join(COMMANDS))
    assert ("deployment", "reconciler") in entered
    for kind, name in entered:
        assert (CHART / "templates" / name / f"{kind}.yaml").is_file(), (kind, name)


@pytest.mark.parametrize("word", ["install", "test", "upgrade", "uninstall"])
def test_the_page_says_how_the_chart_comes_and_goes(word: str) -> None:
    assert any(line.startswith(f"helm {word} tre ") for line in COMMANDS)

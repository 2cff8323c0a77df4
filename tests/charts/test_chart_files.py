"""The chart's files without a cluster and without helm: copies, schema, unread words."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from orchestrator.engines.kubernetes import network
from orchestrator.engines.kubernetes.cluster import Cluster, Ports
from orchestrator.link import addresses
from orchestrator.settings import Settings
from tests.charts.copies import CHART, copies

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
TEMPLATES = {path: path.read_text() for path in (CHART / "templates").rglob("*.*")}


@pytest.mark.parametrize("path", list(copies()), ids=lambda path: path.name)
def test_what_is_copied_is_as_the_engine_has_it(path: Path) -> None:
    """`python -m tests.charts.copies` writes it anew."""
    assert path.read_text() == copies()[path]


def test_nothing_else_lies_among_the_copies() -> None:
    """A file more would be a policy that the engine does not know."""
    folder = CHART / "files"
    assert {path for path in folder.rglob("*") if path.is_file()} == {
        path for path in copies() if path.is_relative_to(folder)
    }


def test_the_values_as_shipped_are_in_the_schema() -> None:
    """Else nobody could install with the defaults."""
    jsonschema.validate(VALUES, SCHEMA)


def places(schema: dict[str, Any], way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every object of the schema with words of its own, by the way to it."""
    if schema.get("properties"):
        yield way
        for name, part in schema["properties"].items():
            yield from places(part, (*way, name))


@pytest.mark.parametrize("way", list(places(SCHEMA)), ids=".".join)
def test_an_unknown_word_is_refused_everywhere(way: tuple[str, ...]) -> None:
    """A control that is switched off by a misspelt word is a control that nobody has."""
    values = json.loads(json.dumps(VALUES))
    part = values
    for name in way:
        part = part[name]
    part["walll"] = True
    with pytest.raises(jsonschema.ValidationError, match="walll"):
        jsonschema.validate(values, SCHEMA)


def leaves(values: dict[str, Any], way: str = "") -> Iterator[str]:
    """Every value by its dotted name; maps of the administrator's own words are one value."""
    for name, value in values.items():
        if isinstance(value, dict) and value and f"{way}{name}" != "cluster.snapshots":
            yield from leaves(value, f"{way}{name}.")
        else:
            yield f"{way}{name}"


@pytest.mark.parametrize("name", list(leaves(VALUES)))
def test_every_value_is_read_by_a_template(name: str) -> None:
    """Directly, or as part of a map that is read whole."""
    text = "\n".join(TEMPLATES.values())
    whole = {name, name.rpartition(".")[0]}
    assert any(re.search(rf"(Values|\$v)\.{re.escape(each)}\b", text) for each in whole if each)


def test_every_setting_that_the_chart_names_is_one() -> None:
    """A misspelt variable would leave a setting at its default, unseen."""
    named = {
        name for text in TEMPLATES.values() for name in re.findall(r"\bTRE_([A-Z0-9_]+)\b", text)
    }
    assert len(named) > 25
    assert named <= {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize(
    ("component", "port"),
    [
        (network.DOORS, Ports().hub),
        (network.DOORS, Ports().packages),
        (network.DOORS, Ports().airlock),
        (network.DOORS, addresses.DOORS_HEALTH),
    ],
)
def test_the_doors_listen_where_the_engine_says(component: str, port: int) -> None:
    """The service and the network policy name the engine's ports."""
    folder = CHART / "templates" / component
    assert re.search(rf"port: {port}\b", (folder / "service.yaml").read_text())
    assert re.search(rf"port: {port}\b", (folder / "networkpolicy.yaml").read_text())


def test_components_are_called_as_the_engine_calls_them() -> None:
    """Policies of projects select by these words; the reconciler's account is admission's."""
    for name in (network.DOORS, network.GATEWAY, network.RECONCILER):
        assert (
            f"tre.component: {name}" in (CHART / "templates" / name / "deployment.yaml").read_text()
        )
    account = yaml.safe_load(
        (CHART / "templates/reconciler/serviceaccount.yaml")
        .read_text()
        .replace("{{", "")
        .replace("}}", "")
    )
    assert account["metadata"]["name"] == Cluster(images={}, doors_address="::").reconciler


def test_every_component_has_its_own_account_and_policy() -> None:
    """And no pod asks for a token, the reconciler and the jobs excepted."""
    for name in ("control", "gateway", "doors", "reconciler"):
        folder = CHART / "templates" / name
        assert {"deployment.yaml", "serviceaccount.yaml", "networkpolicy.yaml"} <= {
            path.name for path in folder.iterdir()
        }
        asks = "automountServiceAccountToken: true" in (folder / "deployment.yaml").read_text()
        assert asks == (name == "reconciler")

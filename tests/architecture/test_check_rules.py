"""Every rule of the check engine says where it comes from, for people and in its module."""

import ast
import re
from pathlib import Path

import pytest

from orchestrator.outputs.rules.registry import RULES
from tests.discover import PACKAGE

FOLDER = PACKAGE / "outputs" / "rules"
PLACE = re.compile(r"\boutputs (?:section )?\d")
"""Where the rule is specified; who else does so stands behind it."""


def defined(tree: ast.Module) -> set[str]:
    """The ids of the rules that a module makes."""
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Rule"
    ]
    given = [keyword for call in calls for keyword in call.keywords if keyword.arg == "id"]
    return {str(one.value.value) for one in given if isinstance(one.value, ast.Constant)}


def unsourced(source: str) -> list[str]:
    """What a module's docstring leaves out of its rules: their ids, and where they come from."""
    tree = ast.parse(source)
    docstring = ast.get_docstring(tree) or ""
    first, _, said = docstring.partition("Source:")
    left_out = [rule for rule in sorted(defined(tree)) if rule.partition("-")[0] not in first]
    if defined(tree) and not PLACE.search(said):
        left_out.append("Source:")
    return left_out


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_every_module_of_rules_names_them_and_their_source(path: Path) -> None:
    """In its docstring, so that whoever reads the code finds the specification."""
    assert unsourced(path.read_text()) == []


def test_every_rule_is_made_in_a_module_that_was_looked_at() -> None:
    """None is made elsewhere, and none twice."""
    found = [defined(ast.parse(path.read_text())) for path in FOLDER.glob("*.py")]
    assert sorted(rule for own in found for rule in own) == sorted(rule.id for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_names_its_source_to_people(rule: object) -> None:
    """On its page and in every record: where it is specified."""
    assert PLACE.search(rule.source)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ('"""[pure] O01: counts."""\nX = Rule(id="O01")', ["Source:"]),
        ('"""[pure] O01: counts.\n\nSource: somewhere."""\nX = Rule(id="O01")', ["Source:"]),
        ('"""[pure] O01.\n\nSource: outputs section 3, O02."""\nX = Rule(id="O02")', ["O02"]),
        ('"""[pure] O01.\n\nSource: outputs section 3."""\nX = Rule(id="O01")', []),
    ],
)
def test_a_rule_without_source_would_be_noticed(planted: str, said: list[str]) -> None:
    """The control of the tests above."""
    assert unsourced(planted) == said

"""Documents that must not drift: generated ones, the changelog, settings and commands."""

import re
import tomllib
from pathlib import Path

import pytest

from orchestrator import __version__
from orchestrator.cli.generated import render
from orchestrator.cli.main import MODULES
from orchestrator.cli.output import EXIT_CODE
from orchestrator.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = render()
SECTIONS = ("Added", "Changed", "Fixed", "Security")
_LINK = re.compile(r"\]\(([^)#:\s]*)(#[^)\s]+)?\)")


def versions(changelog: str) -> list[str]:
    """The versions a changelog speaks of, newest first."""
    return re.findall(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)


@pytest.mark.parametrize("path", sorted(DOCUMENTS))
def test_a_generated_document_is_current(path: str) -> None:
    """`make docs` writes it; the generator's own name stands in its first line."""
    text = (ROOT / path).read_text()
    assert text == DOCUMENTS[path], f"{path} is out of date: make docs"
    assert "`make docs`" in text.splitlines()[0]


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    """In users' words, grouped; the package and its build file say the same."""
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert versions(changelog)[0] == __version__
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert build["project"]["version"] == __version__
    groups = set(re.findall(r"^### (.+)$", changelog, re.MULTILINE))
    assert groups <= set(SECTIONS)
    assert {"Added", "Security"} <= groups


def test_an_older_changelog_would_be_noticed() -> None:
    """The control of the test above."""
    assert versions("# Changelog\n\n## 9.9.9\n\n## 0.0.1\n") == ["9.9.9", "0.0.1"]
    assert versions("# Changelog\n\n## 9.9.9\n")[0] != __version__


def test_every_setting_is_documented_and_nothing_else() -> None:
    """With a sentence each."""
    rows = re.findall(r"^\| `TRE_(\w+)` \|.*\| (.+) \|$", DOCUMENTS["docs/settings.md"], re.M)
    assert {name.lower() for name, _ in rows} == set(Settings.model_fields)
    assert all(len(words.split()) >= 3 for _, words in rows)


def test_every_command_is_documented_and_nothing_else() -> None:
    """Those that `tre` knows, each with a sentence that ends; exit codes of all six families."""
    text = DOCUMENTS["docs/commands.md"]
    found = re.findall(r"^## `tre (\S+)[^`]*`\n\n(.+)$", text, re.MULTILINE)
    assert {name for name, _ in found} == set(MODULES)
    assert all(words.endswith(".") for _, words in found), found
    for code in EXIT_CODE.values():
        assert re.search(rf"\b{code} [a-z]", text)


def test_every_role_has_its_page() -> None:
    """One page of documentation per role, named by the overview of each."""
    for role in ("researcher", "checker", "administrator", "asset-owner", "auditor", "reviewer"):
        page = (ROOT / "docs" / f"{role}.md").read_text()
        assert page.startswith("# ")
        assert len(page.split()) >= 100


def test_every_picture_is_shown_by_a_document_and_made_by_a_test() -> None:
    """`make pictures` takes them; they are not compared by bytes."""
    there = {path.stem for path in (ROOT / "docs" / "pictures").glob("*.png")}
    pages = "".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "e2e").glob("test_*.py"))
    assert set(re.findall(r"!\[[^\]]{15,}\]\(pictures/([a-z-]+)\.png\)", pages)) == there
    assert set(re.findall(r'picture\(\w+, "([a-z-]+)"', tests)) == there


def commands_named(text: str) -> set[str]:
    """The commands that a document tells people to type."""
    return set(re.findall(r"`tre ([a-z]+)\b", text))


WORKSPACE = {"check", "submit", "status"}


def test_documents_name_only_commands_that_are_there() -> None:
    """What a page tells somebody to type must exist."""
    for page in (*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"):
        unknown = commands_named(page.read_text()) - set(MODULES) - WORKSPACE
        assert not unknown, f"{page.name} names {unknown}"
    assert commands_named("type `tre fly --high`") == {"fly"}


def _anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w -]", "", heading.casefold()) for heading in headings)
    return {"#" + heading.replace(" ", "-") for heading in plain}


def test_every_link_inside_the_project_leads_somewhere() -> None:
    """Files, and headings of files, by the names that readers' programs give them."""
    lost = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target, heading in _LINK.findall(page.read_text("utf-8")):
            there = (page.parent / target) if target else page
            if not there.exists() or (heading and heading not in _anchors(there)):
                lost.append(f"{page.relative_to(ROOT)}: {target}{heading}")
    assert lost == []

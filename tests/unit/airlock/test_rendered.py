"""What people may choose of a file: its parts, without what stands in them anyway."""

from types import SimpleNamespace
from typing import cast

from orchestrator.airlock.rendered import parts
from orchestrator.airlock.views import FileView
from orchestrator.outputs.coverage import cover
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from tests.factories import policies

TOLD = b"""A case. Born 1941-03-07, she weighed 79.8 kg at 168 cm, with a kappa of 12.31 and 4.2 g.

Another. Born 1956-11-21, he weighed 91.4 kg at 181 cm, with a kappa of 3.07 and 5.9 g.
"""


def seen_by(findings: tuple[Finding, ...]) -> FileView:
    """A file of which only the findings matter here."""
    return cast(FileView, SimpleNamespace(report=SimpleNamespace(findings=findings)))


def test_a_sentence_is_a_part_to_choose_only_where_a_finding_points_at_it() -> None:
    """A paper of a hundred compared sentences is still one text to read."""
    form = open_bytes("case.txt", TOLD, ReadCaps.of(policies().outputs.caps.model_dump()))
    sentences = [part.path for part in form.parts if part.is_sentence]
    assert len(sentences) == 2
    assert [part.path for _, part, _ in parts(seen_by(()), form)] == ["case.txt"]
    finding = Finding("O19", Verdict.FLAG, Where(sentences[1]), "one row", "Take it out.")
    told = parts(seen_by((finding,)), form)
    assert [(part.path, hits) for _, part, hits in told] == [("case.txt", 0), (sentences[1], 1)]
    assert [form.parts[number] for number, _, _ in told] == [part for _, part, _ in told]


def test_a_library_of_a_page_is_a_text_to_see_without_its_lists() -> None:
    """People see what a page brings along; the coverage says that it is held to fewer rules."""
    code = "".join(f"f([{at},{at + 1},7,9],function(n){{return n}});" for at in range(40))
    page = f"<html><script>/*! Charts v4.2 */{code}</script><p>All.</p></html>"
    form = open_bytes("t.html", page.encode(), ReadCaps.of(policies().outputs.caps.model_dump()))
    assert sum(part.table is not None for part in form.parts) > 20
    chosen = [part for _, part, _ in parts(seen_by(()), form)]
    assert "t.html!/scripts/1" in [part.path for part in chosen]
    assert [part.path for part in chosen if part.table is not None] == []
    assert "compared with the source alone: t.html!/scripts/1." in cover(form).statement

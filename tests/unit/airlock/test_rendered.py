"""What people may choose of a file: its parts, without what stands in them anyway."""

from types import SimpleNamespace
from typing import cast

from orchestrator.airlock.rendered import parts
from orchestrator.airlock.views import FileView
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
    sentences = [part.path for part in form.parts if part.only_compared]
    assert len(sentences) == 2
    assert [part.path for _, part, _ in parts(seen_by(()), form)] == ["case.txt"]
    finding = Finding("O19", Verdict.FLAG, Where(sentences[1]), "one row", "Take it out.")
    told = parts(seen_by((finding,)), form)
    assert [(part.path, hits) for _, part, hits in told] == [("case.txt", 0), (sentences[1], 1)]
    assert [form.parts[number] for number, _, _ in told] == [part for _, part, _ in told]

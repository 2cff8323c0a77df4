"""[pure] O18, O25, O28, O33: marks, models, hidden parts, genotypes, noted by the opener.

Source: outputs 6.3 (O18: ACRO blocks svg, OpenSAFELY allows it), 4.5 and 7 (O25: SATRE 3.3.07), 4.2
(O28), section 3 (O33: a file of genotypes is a row of a person).
"""

import re
from collections.abc import Iterable, Sequence

from orchestrator.outputs.canon import is_missing, number
from orchestrator.outputs.form import Kind, Note, Observation, Part
from orchestrator.outputs.keys import enumerates
from orchestrator.outputs.model import Finding, Verdict, Where
from orchestrator.outputs.rules import genotypes
from orchestrator.outputs.rules.rule import Need, Outcome, Rule, Subject

_HIDDEN = {
    Note.HIDDEN: (
        "hidden",
        (
            "Hidden sheets, rows, columns, deleted text, comments, thumbnails and caches leave "
            "with the file. Show them, or save the file without them."
        ),
    ),
    Note.UNUSED: (
        "kept but not used",
        (
            "The file still holds values that nothing in it uses any more, as after a deletion. "
            "Write it again from the table that you want to release."
        ),
    ),
    Note.OLD_REVISION: (
        "of earlier versions",
        "The file still holds earlier versions of itself. Write it again in one go.",
    ),
    Note.EXTERNAL: (
        "links to places outside",
        "The file fetches something from outside when it is opened. Save it without such links.",
    ),
}


_CODE = re.compile(r"[A-Z]{1,8}[-.:]?\d{1,6}(?:\.\d{1,3})?")
"""`C91.1`, `ORPHA:84`: of an illness, a drug, a procedure."""


def _hidden(subject: Subject) -> Outcome:
    found: list[Finding] = []
    for note, (what, say) in _HIDDEN.items():
        seen = [one for one in _noted(subject, note) if not _is_word_list(subject, *one)]
        for part, observation in seen[:50]:
            evidence = f"{part.path}: {observation.count} {what}"
            where = Where(part.path)
            count = str(observation.count)
            found.append(Finding("O28", Verdict.FLAG, where, evidence, say, count, "0"))
    return Outcome(tuple(found))


def _is_word_list(subject: Subject, part: Part, seen: Observation) -> bool:
    """Tell a hidden sheet of words, codes and row numbers: a list for a menu, of nobody.

    Shape: it was compared with a source, and holds no other number, share or date; the coverage
    statement names it.
    """
    table = part.table
    if seen.note is not Note.HIDDEN or table is None or not subject.indexes or part.only_compared:
        return False
    columns = [*zip(*table.rows, strict=True)]
    return bool(columns) and all(map(_are_words, columns))


def _are_words(cells: Sequence[str]) -> bool:
    """Say whether a column holds words without a digit, row numbers, and codes, all different."""
    shown = [cell for cell in cells if not is_missing(cell)]
    numbers = [cell for cell in shown if number(cell) is not None]
    codes = [cell for cell in shown if number(cell) is None and any(map(str.isdigit, cell))]
    differ = len(set(codes)) == len(codes) and all(map(_CODE.fullmatch, codes))
    return differ and (not numbers or enumerates(numbers))


def _genotypes(subject: Subject) -> Outcome:
    noted = _blocked(
        subject,
        "O33",
        Note.GENOTYPE,
        "genotypes or reads, by the bytes or the name",
        "Genotypes identify people and cannot leave. Export counts of alleles by group.",
    )
    return Outcome((*noted.findings, *genotypes.in_tables(subject)))


def _models(subject: Subject) -> Outcome:
    blocked = _blocked(
        subject,
        "O25",
        Note.PICKLED,
        "a pickle: it was walked and not loaded",
        "A pickle can hold rows of people and code, and only running it would show all. Export "
        "coefficients as a table, or the model as ONNX or safetensors where your project may.",
    )
    flagged = tuple(
        Finding(
            "O25",
            Verdict.FLAG,
            Where(part.path),
            "a model, its arrays were read",
            "A model can remember people. Say in the context how it was trained, on how many "
            "people, and why it does not.",
        )
        for part, _ in _noted(subject, Note.MODEL)
    )
    return Outcome((*blocked.findings, *flagged))


def _marks(subject: Subject) -> Outcome:
    say = (
        "A drawing with one mark for each person holds the data of these people, because positions "
        "can be read back to values. Draw a summary, or export the figure as png."
    )
    pixels = (
        "A picture with one mark for each person shows the values of these people, and they can be "
        "read back from it. Draw a summary: a histogram, boxes, a line."
    )
    found = [
        Finding(
            "O18",
            Verdict.FLAG,
            Where(part.path),
            f"{seen.count} marks of one kind",
            pixels if part.kind is Kind.IMAGE else say,
            str(seen.count),
            str(subject.policy.caps.marks),
        )
        for part, seen in _noted(subject, Note.MARKS)
    ]
    return Outcome(tuple(found))


def _blocked(subject: Subject, rule: str, note: Note, evidence: str, say: str) -> Outcome:
    found = [
        Finding(rule, Verdict.BLOCK, Where(part.path), evidence, say)
        for part, _ in _noted(subject, note)
    ]
    return Outcome(tuple(found))


def _noted(subject: Subject, note: Note) -> Iterable[tuple[Part, Observation]]:
    return ((part, seen) for part in subject.parts for seen in part.notes if seen.note is note)


MARKS = Rule(
    id="O18",
    version=3,
    title="Row-level figure",
    text="A figure with many marks of one kind is looked at; of a vector figure the values are "
    "compared, too.",
    source="outputs section 3, O18; 6.3; ACRO blocks svg, OpenSAFELY allows it",
    needs=frozenset({Need.FORM}),
    check=_marks,
    parameters=lambda policy: {"marks": str(policy.caps.marks)},
)

MODELS = Rule(
    id="O25",
    version=1,
    title="Model container",
    text="Pickles cannot leave; other models are looked at.",
    source="outputs 4.5 and 7; SATRE 3.3.07",
    needs=frozenset(),
    check=_models,
)

HIDDEN = Rule(
    id="O28",
    version=5,
    title="Hidden content",
    text="What people do not see when they open the file is looked at.",
    source="outputs 4.2, O28",
    needs=frozenset({Need.FORM}),
    check=_hidden,
)

GENOTYPES = Rule(
    id="O33",
    version=2,
    title="Genotypes",
    text="Genotype files, reads, and tables of genotypes or doses cannot leave.",
    source="outputs section 3, O33; section 10, L16",
    needs=frozenset(),
    check=_genotypes,
)

"""[pure] Hal writes: manuscripts, abstracts, answers to reviewers. Numbers stand in sentences."""

from collections.abc import Callable, Sequence

from tests.bench.outputs.fifth import office, writers
from tests.bench.outputs.fifth.layouts import shares, wide
from tests.bench.outputs.fifth.proof import Desk
from tests.bench.outputs.fifth.releases import whole_groups
from tests.bench.outputs.fifth.study import FOUND, Study, levels
from tests.bench.outputs.grid import Grid
from tests.bench.outputs.third.facts import (
    LEAST,
    Claim,
    Condition,
    Count,
    Odds,
    Outside,
    Share,
    Small,
    Value,
    Where,
)

_PAPERS: Sequence[tuple[str, Callable[[str, str], bytes]]] = (
    ("md", lambda name, text: f"# {name}\n\n{text}\n".encode()),
    ("docx", lambda name, text: office.word(name, *text.split("\n\n"))),
    (
        "tex",
        lambda name, text: f"\\section{{{name}}}\n{text.replace('%', chr(92) + '%')}\n".encode(),
    ),
    ("txt", lambda name, text: f"{name.upper()}\n\n{text}\n".encode()),
    (
        "html",
        lambda name, text: writers.page(name, *(f"<p>{one}</p>" for one in text.split("\n\n"))),
    ),
    ("pdf", lambda name, text: writers.pdf([name, "", *_lines(text)])),
)


def _lines(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        lines[-1] = f"{lines[-1]} {word}".strip()
        if len(lines[-1]) > 80:
            lines.append("")
    return lines


def lay(desk: Desk, study: Study) -> None:
    """All of Hal's files."""
    events = _events(study)
    _small(desk, study, events)
    _extremes(desk, study)
    _at_ten(desk, study, events)
    _plain(desk, study)
    _no_counts(desk, study)


_Event = tuple[Where, Where, int, int]


def _events(study: Study) -> list[_Event]:
    """People, those of them who share something, and how many both are; the rest is large."""
    found: list[_Event] = []
    for region in levels("region"):
        for isotype in levels("isotype"):
            for column in _NAMES:
                of: Where = (("region", "=", region), ("isotype", "=", isotype))
                has: Where = ((column, "=", "1"),)
                part, whole = study.count((*of, *has)), study.count(of)
                if part and whole - part >= LEAST:
                    found.append((of, has, part, whole))
    return found


_NAMES = {
    "stroke": "had had a stroke", "neuropathy": "had neuropathy", "progressed": "progressed",
    "kin": "had affected kin", "dead": "died", "osteoporosis": "had osteoporosis",
    "diabetes": "had diabetes", "hypertension": "had hypertension", "farm_work": "worked on a farm",
    "cancer_before": "had had cancer",
}  # fmt: skip


def _small(desk: Desk, study: Study, events: Sequence[_Event]) -> None:
    for n, (kind, write) in enumerate(_PAPERS):
        of, has, few, whole = [one for one in events if 2 + n // 2 <= one[2] <= 4 + n][5 * n]
        where = f"{of[1][2]} in {of[0][2]}"
        text = (
            f"Of {whole} participants with {where}, {few} {_NAMES[has[0][0]]} during follow-up.",
            f"Among the {whole} people with {where}, {100 * few / whole:.1f}% {_NAMES[has[0][0]]}.",
            f"{_NAMES[has[0][0]].capitalize()}: {few}/{whole} ({where}); the others did not.",
        )[n % 3]
        claim: Claim = Small("people", (*of, *has), few)
        if n % 3 == 1:
            claim = Share("people", has, of, f"{100 * few / whole:.1f}", True)
        full = (
            f"The programme invited everybody over 40.\n\n{text}\n\nVisits were planned "
            "every 6 months in arm B."
        )
        desk.lay("L11", kind, write("Results", full), claim, rules="O01 O02 O10")
    whole_group = next(one for one in whole_groups(study) if one.stated >= 12)
    where = f"{whole_group.of[1][2]} in {whole_group.of[0][2]}"
    text = (
        f"All {whole_group.stated} participants with {where} (100%) remained free of progression."
    )
    desk.lay("L11", "docx", office.word("Results", text), whole_group, rules="O04 O03")


def _extremes(desk: Desk, study: Study) -> None:
    spike: Where = (("isotype", "=", "IgM"), ("m_protein", "!=", ""))
    top = study.value("m_protein", spike, "max", 1, True)
    text = (
        f"M protein in IgM ranged up to {top.printed} g/L; the mean was "
        f"{study.value('m_protein', spike, 'mean', 1).printed} g/L."
    )
    desk.lay("L11", "md", _PAPERS[0][1]("Results", text), top, rules="O08 O19 O21")
    few: Where = (("progression", "=", "myeloma"),)
    middle = study.value("followed_days", few, "q50", 0, True)
    n = study.count(few)
    if (study.values("followed_days", few) == float(middle.printed)).any():
        text = (
            f"The median follow-up of the {n} who progressed to myeloma was {middle.printed} days."
        )
        desk.lay("L11", "docx", office.word("Results", text), middle, rules="O09 O19 O21")
    worst = study.value("cost_eur", (FOUND,), "max", 0, True)
    text = f"Mean cost was modest, although one participant alone cost EUR {worst.printed}."
    desk.lay("L11", "tex", _PAPERS[2][1]("Costs", text), worst, rules="O08 O19 O21")


def _at_ten(desk: Desk, study: Study, events: Sequence[_Event]) -> None:
    exact = [one for one in events if one[2] == LEAST]
    for (kind, write), (of, has, few, whole) in zip(
        (_PAPERS[0], _PAPERS[1], _PAPERS[3]), exact[:3], strict=True
    ):
        text = (
            f"Of {whole} participants with {of[1][2]} in {of[0][2]}, {few} "
            f"({100 * few / whole:.1f}%) {_NAMES[has[0][0]]}."
        )
        desk.lay(
            "S11",
            kind,
            write("Results", text),
            Count("people", (*of, *has), few),
            study.counted(of),
        )


def _plain(desk: Desk, study: Study) -> None:
    found, women = study.count((FOUND,)), study.count((FOUND, ("sex", "=", "F")))
    ages = [study.value("age", (FOUND,), name, 0) for name in ("q25", "q50", "q75")]
    share = Share("people", (FOUND,), (), f"{100 * found / len(study.people):.1f}", False)
    text = (
        f"From September 2016 to 2020 we screened {len(study.people)} of those born from "
        "1932 to 1980. An M protein was "
        f"found in {found} ({share.printed}%), of whom {women} were women. Their median age "
        f"was {ages[1].printed} years "
        f"(quartiles {ages[0].printed} and {ages[2].printed}).\n\nStage was given as R-ISS "
        "1, 2 or 3; ECOG 0 to 2 was "
        "required. Dexamethasone 4 mg was given on days 1, 8, 15 and 22 of a 28-day cycle, "
        "at most 6 cycles."
    )
    claims: list[Claim] = [
        study.counted((FOUND,)),
        study.counted((FOUND, ("sex", "=", "F"))),
        share,
        *ages,
    ]
    for kind, write in (_PAPERS[1], _PAPERS[2], _PAPERS[5]):
        desk.lay("S1", kind, write("Results", text), *claims)
    row: Condition = ("diabetes", "=", "1")
    column: Condition = ("neuropathy", "=", "1")
    own = study.crossed((), "diabetes", "neuropathy").n
    odds = Odds((), row, column, f"{own[1][1] * own[0][0] / (own[1][0] * own[0][1]):.2f}")
    text = (
        f"Diabetes went with neuropathy (odds ratio {odds.printed}; 95% CI in Table 4; n "
        f"= {len(study.people)})."
    )
    desk.lay("S3", "md", _PAPERS[0][1]("Results", text), odds)
    cross, other = study.cross(14, 80), study.cross(14, 80, sides=4)
    lines = (
        f"Table S1. {cross.name}\n\n{writers.fixed(wide(cross))}\n\nTable S2. "
        f"{other.name}\n\n{writers.fixed(shares(other))}"
    )
    desk.lay("S1", "pdf", writers.pdf(lines.splitlines()), *cross.claims(), *other.claims())
    answer = (
        f"Reviewer 2, point 3. We agree and now give numbers for both sexes: {women} women "
        f"and {found - women} men. "
        "Point 4: the 5 % level was fixed in 2015. Point 7: see page 9, line 8; Figure 2 "
        "has 3 panels."
    )
    men = study.counted((FOUND, ("sex", "=", "M")))
    desk.lay(
        "S1",
        "txt",
        _PAPERS[3][1]("Answers", answer),
        men,
        study.counted((FOUND, ("sex", "=", "F"))),
    )


def _no_counts(desk: Desk, study: Study) -> None:
    """Small whole numbers that count nobody."""
    doses = Grid(
        ("drug", "dose mg", "day", "cycle", "route"),
        (
            ("bortezomib", "1.3", "1", "1", "sc"),
            ("dexamethasone", "20", "2", "1", "po"),
            ("lenalidomide", "5", "8", "2", "po"),
            ("daratumumab", "16", "1", "3", "iv"),
        ),
    )
    desk.lay("S1", "csv", writers.csv(doses), Outside("a regimen of a guideline"))
    ranks = []
    claims: list[Value] = []
    for region in ("Hafn", "Sudur", "Vestur", "Fjord", "Austur", "Nordur", "Holm"):
        own = study.value("hb", (("region", "=", region),), "mean", 1)
        claims.append(own)
        ranks.append((region, own.printed))
    ranks.sort(key=lambda one: -float(one[1]))
    grid = Grid(
        ("rank", "region", "mean hb g/L"), tuple((str(n), *one) for n, one in enumerate(ranks, 1))
    )
    desk.lay("S1", "tsv", writers.csv(grid, "\t"), *claims)
    stages = Grid(
        ("stage", "beta-2 microglobulin mg/L", "albumin g/L", "points"),
        (("1", "<3.5", ">=35", "0"), ("2", "3.5 to 5.4", "any", "1"), ("3", ">=5.5", "any", "2")),
    )
    desk.lay(
        "S1",
        "tex",
        writers.latex(stages, "International staging").encode(),
        Outside("a staging system as published"),
    )
    years = []
    tells: list[Count] = []
    for year in ("2016", "2017", "2018", "2019", "2020"):
        where: Where = (("screened_on", "starts", year),)
        n = int(study.people["screened_on"].str.startswith(year).sum())
        tells.append(Count("people", where, n))
        years.append((year, str(n)))
    desk.lay(
        "S1",
        "html",
        writers.page(
            "Screened by year", writers.html_table(Grid(("year", "screened"), tuple(years)))
        ),
        *tells,
    )
    plan = (
        "Power: assuming 9 events per 1000 in arm A and 4 in arm B, 780 per arm give 80 "
        "% power at the 5 % level; 3 interim looks."
    )
    desk.lay(
        "S1",
        "md",
        _PAPERS[0][1]("Statistical plan", plan),
        Outside("a plan made before anybody came"),
    )
    items = Grid(("item", "loading", "communality", "scale 1-5"), tuple(
        (f"q{n:02d}", f"{0.41 + 0.023 * n:.2f}", f"{(0.41 + 0.023 * n) ** 2:.2f}", str(1 + n % 2))
        for n in range(1, 17)
    ))  # fmt: skip
    desk.lay(
        "S3",
        "csv",
        writers.csv(items),
        Outside("loadings as the makers of the questionnaire published them"),
    )

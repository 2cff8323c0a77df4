"""[pure] What a column is: a count, a share, a rate, a statistic, a year, a code, a dose, a label?

A wrong role is the main source of nonsense: one tool looks only at columns named n, another takes
every number below ten for a small cell. Evidence here: whole numbers, names, row labels, totals,
names that are categories of the source, and where a column stands (`keys`). What stays unclear is
UNKNOWN, never quietly safe.
Source: outputs section 3, "Finding count columns"; decision 0023.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from orchestrator.outputs.bands import adjoining
from orchestrator.outputs.canon import is_missing, number
from orchestrator.outputs.cells import Mark, decimals, hidden, pieces, whole
from orchestrator.outputs.form import Table
from orchestrator.outputs.keys import codes, enumerates, key_columns, only_flags
from orchestrator.outputs.people import ANYBODY, OUTCOMES, SEXES, listed

__all__ = [
    "Cell",
    "Known",
    "Role",
    "counts",
    "label_of",
    "listed",
    "named",
    "roles",
    "whole",
    "words",
]


class Role(StrEnum):
    """What the numbers of a column are."""

    COUNT = "count"
    PERCENT = "percent"
    RATE = "rate"
    MEAN = "mean"
    SPREAD = "spread"
    SUM = "sum"
    EXTREME = "extreme"
    PERCENTILE = "percentile"
    P_VALUE = "p_value"
    COEFFICIENT = "coefficient"
    DEGREES = "degrees"
    STATISTIC = "statistic"
    YEAR = "year"
    CODE = "code"
    INDEX = "index"
    AXIS = "axis"
    DOSE = "dose"
    PLANNED = "planned"
    TEXT = "text"
    UNKNOWN = "unknown"


STATISTICS = frozenset(
    {Role.RATE, Role.MEAN, Role.SPREAD, Role.SUM, Role.EXTREME, Role.PERCENTILE, Role.P_VALUE,
     Role.COEFFICIENT, Role.DEGREES, Role.STATISTIC, Role.PLANNED}
)  # fmt: skip
"""Numbers that are worked out and count nobody."""

MEASURED = STATISTICS | {Role.COUNT, Role.PERCENT}
"""Columns that say something about the group of their row."""

LABELS = frozenset({Role.TEXT, Role.AXIS, Role.YEAR, Role.CODE, Role.INDEX, Role.DOSE})
"""Columns that say what a row is about."""


@dataclass(frozen=True)
class Cell:
    """One number that counts people, or might: `row` from 1, `certain` where the role is COUNT.

    Shape: `whole` is True for a denominator, which counts people too.
    """

    row: int
    column: int
    value: int
    certain: bool
    whole: bool = False


_PERCENT = listed("percent pct percentage prop proportion share perc prc")
_NAMED: tuple[tuple[Role, frozenset[str]], ...] = (
    (Role.PLANNED, listed("planned target targets expected required anticipated projected "
                          "simulated")),
    (Role.P_VALUE, listed("p pvalue pval pr padj fdr qvalue sig")),
    (Role.DEGREES, listed("df dof ddf ndf")),
    (Role.SPREAD, listed("sd std stdev se sem var variance mad cv")),
    (Role.EXTREME, listed("min max minimum maximum range lowest highest largest smallest oldest "
                           "youngest whislo whishi fliers outliers lowerfence upperfence")),
    (Role.PERCENTILE, listed("median medians quantile quantiles percentile percentiles iqr q1 q2 "
                              "q3 p1 p5 p10 p20 p25 p50 p75 p80 p90 p95 p99 lq uq")),
    (Role.COEFFICIENT, listed("coef coefs coefficient coefficients estimate estimates beta hr shr "
                               "rr irr aor ratio odds hazard ci lci uci lcl ucl lower upper "
                               "intercept exp")),
    (Role.MEAN, listed("mean means avg average averages")),
    (Role.RATE, listed("rate rates incidence prevalence per yield")),
    (Role.SUM, listed("sum sums summed")),
    (Role.STATISTIC, listed("chi chisq chi2 statistic statistics prob probability loglik aic bic "
                             "auc auroc r2 rsq corr correlation cor weighted skew kurtosis mode "
                             "midpoint survival surv cumhaz wald ratio diff "
                             "difference delta change sensitivity specificity accuracy importance "
                             "gain loss bits epsilon seed lambda")),
)  # fmt: skip
_COUNTING = listed("n count counts freq freqs frequency frequencies num number nobs obs "
                   "observations denominator numerator atrisk")  # fmt: skip
_STRONG = _COUNTING | ANYBODY | OUTCOMES | listed("events event deaths died dead cases controls")
"""Words that say by themselves that somebody was counted."""
_WEAK = SEXES | listed("case control total totals all size records rows censored censor risk")
"""Words that say so only where nothing else speaks against it."""
_DOSE = listed("dose doses dosage mg mcg ug kg ml iu mmol umol nmol dl gy mgm2 units unit hours "
                "minutes seconds ms days weeks months years cycles courses doses mgkg tube tubes "
                "vial vials bag bags tablet tablets capsule capsules swab swabs")  # fmt: skip
_CODE = listed("code codes icd icd9 icd10 atc snomed omop loinc concept ndc opcs chapter orpha "
               "version versions revision nbformat schema")  # fmt: skip
_NUMBER_OF = listed("n num number count counts nr no of the total in")
THINGS = listed(
    "neighbors neighbours estimators trees iter iters iterations steps epochs folds splits jobs "
    "clusters components features parameters params leaves bins knots nodes layers levels "
    "categories variables covariates columns factors genes variants snps probes classes models "
    "chains draws imputations bootstraps replicates permutations cycles doses visits lines "
    "centres centers sites hospitals countries studies items questions threads cores cpus workers "
    "processes table tables figure figures section sections"
)
"""What may be counted that is nobody: `n_neighbors`, `number of trees`, `n visits`.

Source: the parameters of common statistics programs; what a design or a model is made of.
"""
_MADE = listed(
    "issues commits tickets downloads stars forks releases functions modules files pages tables "
    "figures slides exons introns disks deliverables milestones sprints dashboards packages "
    "repositories branches endpoints"
)
_OF_MADE = listed("open opened closed merged new of the n no nr num number total count")
"""What programmers and authors make, and genes are made of: counted it is nobody."""
_SETTINGS = listed(
    "points point cutoff cutoffs threshold thresholds limit limits knots depth degree iterations "
    "iter iteration epochs epoch folds splits trees leaf leaves layers neighbors neighbours "
    "clusters "
    "components alpha gamma sigma tau theta seed replicates imputations chains warmup burnin "
    "thinning bandwidth batch learning parameters params features covariates predictors classes "
    "digits decimals cell cells look looks interim shape dtype ndim strides itemsize length width "
    "height page pages pagesize offset timeout retries retry shards took elapsed "
    "dpi margin margins padding indent fontsize linewidth"
)
_OF_SETTINGS = listed("min max minimum maximum lower upper size rate of number per total totals "
                       "current next previous successful skipped failed fig figure toc tab line "
                       "font plot")  # fmt: skip
"""Settings of a model or a score, where a name holds nothing else; beside other words they may
belong to a category (`above the threshold`), of which people are counted."""
_YEAR = listed("year yr date")
_INDEX = listed("id rank order index row rownames rowname position nr")
_MOMENT = listed("day week month cycle visit course")
_OF_MOMENT = listed("of the study trial treatment therapy on in since after from")
_ENDS = (("from", "to"), ("start", "end"), ("starts", "ends"), ("begin", "end"),
         ("begins", "ends"), ("first", "last"))  # fmt: skip
_NO_SHARE = listed("power dose doses dosage")
"""Of which percentages are told that are no share of anybody."""
_ON_PLATE = listed("plate row column lane slot rack sprint volume issue chapter table figure page "
                   "section slide iter iteration epoch vars assign")  # fmt: skip
"""Where something lies or is printed, and how far a program is, when a name holds nothing else."""
_PLACE = listed("page pages figure table question item chapter section slide line row step")
_LEAST_LED = 3
_STEPS = listed("start stop step")
"""Names of the ends of a range of row numbers, when a name holds nothing else."""
_NODE = ({"nodeid"}, {"node", "id"})
_OF_NODE = listed("nodeid node id yes no missing left right child children parent split condition "
                  "threshold depth")  # fmt: skip
"""Where a node of a tree leads to and what parts it, in a table that numbers nodes."""
_DRAWN = re.compile(
    r"(?:(?:(?:zero)?line|grid|arrow|tick|border|stroke|bar|marker|font)[a-z]*"
    r"(?:width|size|dash|len|angle|cap)|mantissas|dimension)\Z"
)
"""How something is drawn: `arrowwidth`, `line_dash`, `tickLen`.

Source: figures of plotly, bokeh, vega and matplotlib as JSON.
"""
_OF_PLAN = ({"cost"}, {"width"}, {"rows"})
"""What a database estimates of a query before it runs; what it found is told with `actual`."""
_DURATION = listed("s sec secs ms us ns min mins kb mb gb kib mib gib bytes")
_AXIS = listed(
    "age stage grade group grp class category cluster level month quarter week day cycle visit "
    "line decade decile quartile quintile bin band sex gender arm time site year yr score ecog iss "
    "ipss risk phase course period model step variable scenario chromosome chr exon locus fold"
)
_DIVIDES = listed("third half tertile income")
_TOTALS = listed("total totals all sum overall everyone everybody")
_AROUND = ANYBODY | listed("n sexes sex ages groups grand the of both cohort sample population "
                            "study")  # fmt: skip
_OF_NUMBERS = frozenset({Role.SPREAD, Role.EXTREME, Role.COEFFICIENT, Role.MEAN, Role.RATE,
                         Role.SUM, Role.STATISTIC})  # fmt: skip
_COMPARED = re.compile(r"(?:[<>≥≤]=?|\b(?:over|under|above|below|at least|up to)\b) ?\d")
"""`heart rate > 100`, `survival under 2 years`: a category, whatever its words."""
_OF_LOSS = listed("value abs mean information log validation train test training function")
_OF_LIMITS = listed("ci cl cis limit limits bound bounds conf confidence interval hr or rr aor "
                    "estimate est mean whisker hinge fence quartile q")  # fmt: skip
_PERSON_TIME = re.compile(
    r"\b(?:person|patient|subject|participant|woman|man|child|staff)[ _-]?"
    r"(?:years?|yrs?|months?|weeks?|days?|hours?|time)\b|\bpyears\b|\bfte\b",
    re.IGNORECASE,
)
"""`person-months`: time that people are watched, or work."""
_LIMIT = re.compile(r"[a-z]\w* (?:at least|at most|or more|or less|more than|less than)\Z")
"""`protein at least`: of whom a row is."""
_SCALE = re.compile(
    r"\b(?:scale|likert|rating)\b\D{0,12}(\d{1,3}) ?(?:-|–|to) ?(\d{1,3})\b", re.IGNORECASE
)
_WORD = re.compile(r"[a-z]+\d*|\d+")
_GROUP_SIZES = listed("min max minimum maximum smallest largest group cluster size")
"""`min. group size`: how many people are in a group."""
_PERCENTILE_LABEL = re.compile(r"(\d{1,2})(?:\.\d+)?\s*%\Z")
_LAST_PERCENTILE = re.compile(
    r"(?:(?:p|pct|pctl|perc|percentile|centile|quantile)[ _.]?(?:0|100)|q[ _.]?(?:0|100)"
    r"|(?:0|100) ?(?:%|th)(?: (?:percentile|centile))?)\Z",
    re.IGNORECASE,
)
"""`p0`, `100%`: the percentiles that are a smallest or a largest value."""
_MOST = 0.6
_TOGETHER = re.compile(r"\s*(?:[|/+&,–-]|\bor\b|\band\b)\s*")
"""Between the categories that one name holds."""
_SHARE_BEHIND = re.compile(r"\(\s*%\s*\)\s*\Z")
_SELDOM = frozenset({Role.RATE, Role.COEFFICIENT, Role.STATISTIC, Role.PLANNED, Role.SUM})
"""Statistics that seldom stand among counts of people: `rate control`, `beta blocker` do."""
_CATEGORY = "-"
"""A name without a word: what such a column is its numbers say."""

Known = Callable[[Sequence[str]], bool]
"""Says whether all of these names are values of one source column."""


def words(name: str) -> list[str]:
    """Cut a name into lower-case words: `n_risk`, `nRisk` and `N risk` alike, `é` as `e`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold()
    if not spaced.isascii():
        spaced = "".join(c for c in unicodedata.normalize("NFKD", spaced)
                         if not unicodedata.combining(c))  # fmt: skip
    return _WORD.findall(spaced)


def label_of(table: Table, column: int) -> str:
    """Name a column for a finding: its name where that is a name, else its position."""
    name = table.columns[column]
    plain = table.header and 0 < len(name) <= 60 and name.isprintable() and number(name) is None
    identifier = sum(map(str.isdigit, name)) > 4  # might be a value that stands as a name
    return name if plain and not identifier else f"column {column + 1}"


@lru_cache(maxsize=1 << 16)
def named(name: str) -> Role | None:
    """Say what a name or a row label says its numbers are; None where it says nothing.

    Shape: a statistic of something counted (`mean n`) is the statistic; `or` is an odds ratio only
    by itself, because it is a word as well.
    """
    own = set(words(name))
    if own & _MADE and own <= _MADE | _OF_MADE:
        return Role.STATISTIC
    if _LAST_PERCENTILE.match(name.strip()):
        return Role.EXTREME
    if ("%" in name and not own & {"ci", "iqr"}) or own & _PERCENT:
        return Role.PERCENT if not _PERCENTILE_LABEL.match(name.strip()) else Role.PERCENTILE
    if words(name) == ["or"]:
        return Role.COEFFICIENT
    if _PERSON_TIME.search(name):
        return Role.STATISTIC
    if _counts_things(own) or sets(name):
        return Role.STATISTIC
    if {"size"} < own <= _GROUP_SIZES:
        return Role.COUNT
    for role, names in _NAMED:
        if own & names and not _is_label_only(role, own, names):
            return None if role in _OF_NUMBERS and _COMPARED.search(name) else role
    return Role.COUNT if own & _STRONG else None


def _counts_things(own: set[str]) -> bool:
    """`number of trees`: what is counted are no people, and no word beside it says so."""
    things = own & THINGS
    return bool(things and own & _NUMBER_OF) and own <= THINGS | _NUMBER_OF


def sets(name: str) -> bool:
    """Say whether a name is the setting of a program or a model: `seed`, `max depth`."""
    own = set(words(name))
    given = words(name)
    if (given[:1] == ["param"] and not own & _STRONG) or _DRAWN.match("".join(given)):
        return True
    return bool(own & _SETTINGS) and own <= _SETTINGS | _OF_SETTINGS


def may_set(name: str) -> bool:
    """Say whether a name may be a setting, if others around it are: `minimum`."""
    own = set(words(name))
    return bool(own) and own <= _OF_SETTINGS


def counted(name: str) -> bool:
    """Say whether a name by itself says that people were counted."""
    return named(name) is Role.COUNT


def is_total(label: str) -> bool:
    """Say whether a row or column is the total of the others, by its label: `All`, `Total (n)`."""
    own = set(words(label))
    return bool(own & _TOTALS) and own <= _TOTALS | _AROUND


def roles(table: Table, known: Known) -> list[Role]:
    """Give each column its role. `known` recognises categories of the source."""
    columns = list(zip(*table.rows, strict=True)) if table.rows else [() for _ in table.columns]
    names = _without_categories(table, known)
    found = [_by_name_and_values(name, cells) for name, cells in zip(names, columns, strict=True)]
    found = [
        Role.AXIS if role is Role.TEXT and _names_groups(columns[at], known) else role
        for at, role in enumerate(found)
    ]
    found = _parts_of_wholes(names, columns, _no_years(table, columns, found, known))
    if _compares_all(table) or _compares_pairs(table):
        return [role if at == 0 else Role.STATISTIC for at, role in enumerate(found)]
    found = _around_percentiles(names, columns, _of_programs(names, columns, found))
    found = _axes(names, columns, _led(columns, _told_beside(columns, found)))
    found = _no_shares(names, _spans(names, columns, _by_place(columns, found)))
    unclear = [at for at, role in enumerate(found) if role is Role.UNKNOWN]
    if Role.COUNT not in found and all(_is_moment(names[at]) for at in unclear):
        # `day` and `cycle` beside doses: when, not how many
        found = [Role.AXIS if role is Role.UNKNOWN else role for role in found]
    elif _hides_counts([columns[at] for at in unclear]) or (
        unclear
        and (
            _sums_up(table, columns, unclear)
            or (table.header and _across([table.columns[at] for at in unclear], columns[0], known))
            or _beside_a_total(table, found, unclear)
        )
    ):
        return [Role.COUNT if role is Role.UNKNOWN else role for role in found]
    return found


def _of_programs(
    names: Sequence[str], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell what a program says of itself: nodes of a tree, the plan of a query, settings in rows.

    Shape: all settings but numbers of people, in a table of which most rows are named so.
    Source: `dump_model` of XGBoost, `EXPLAIN` of PostgreSQL, sizes of HTML widgets, `power.t.test`.
    """
    own = [set(words(name)) for name in names]
    told = list(found)
    if any(one in _NODE for one in own):
        told = [Role.INDEX if role is Role.UNKNOWN and one and one <= _OF_NODE else role
                for one, role in zip(own, told, strict=True)]  # fmt: skip
    if all(one in own for one in _OF_PLAN) and not any({"actual", "loops"} & one for one in own):
        told = [Role.PLANNED if one == {"rows"} else role
                for one, role in zip(own, told, strict=True)]  # fmt: skip
    if {"power"} in own and Role.COUNT in told:
        told = [Role.PLANNED if role is Role.COUNT and _are_broken(cells) else role
                for role, cells in zip(told, columns, strict=True)]  # fmt: skip
    labels = [cell for cell in columns[0] if cell.strip()] if columns else []
    if told[:1] == [Role.TEXT] and sum(map(sets, labels)) >= max(2, _MOST * len(labels)):
        told = [Role.STATISTIC if role in {Role.UNKNOWN, Role.PERCENT} else role for role in told]
    return told


def _are_broken(cells: Sequence[str]) -> bool:
    return any(value is not None and value != int(value) for value in map(number, cells))


def _no_years(
    table: Table, columns: Sequence[Sequence[str]], found: Sequence[Role], known: Known
) -> list[Role]:
    """Tell counts that look like years (1866) by their names, which are categories of the source.

    Shape: all columns of whole numbers without a name of their own are named so.
    """
    unclear = [at for at, role in enumerate(found) if role in {Role.UNKNOWN, Role.YEAR}]
    own = [table.columns[at] for at in unclear]
    if not table.header or any(_YEAR & set(words(name)) for name in own):
        return list(found)
    across = _across(own, columns[0] if columns else (), known)
    return [Role.UNKNOWN if across and at in unclear else role for at, role in enumerate(found)]


def _parts_of_wholes(
    names: Sequence[str], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell shares that no name tells: of each row, of each column or of all they make a whole.

    Shape: two columns and two rows or more of numbers, some broken; 100, or 1, up to what rounding
    each of them leaves.
    Source: `prop.table` of R, `crosstab(normalize=...)` of pandas.
    """
    own = [
        at
        for at, role in enumerate(found)
        if role in {Role.STATISTIC, Role.UNKNOWN} and named(names[at]) is None
    ]
    cells = [[columns[at][row] for at in own] for row in range(len(columns[0]) if columns else 0)]
    values = [[number(cell) for cell in row] for row in cells]
    if len(own) < 2 or len(values) < 2 or any(value is None for row in values for value in row):
        return list(found)
    told = [[value or 0.0 for value in row] for row in values]
    places = max(decimals(cell) for row in cells for cell in row)
    every = [value for row in told for value in row]
    ways = (told, [*zip(*told, strict=True)], [every])
    whole_ones = any(all(_is_whole(line, places) for line in lines) for lines in ways)
    if not places or min(every) < 0 or not whole_ones:
        return list(found)
    return [Role.PERCENT if at in own else role for at, role in enumerate(found)]


def _is_whole(parts: Sequence[float], places: int) -> bool:
    """Say whether parts make 100 or 1, up to half a unit of the last place of each."""
    slack = 0.5 * len(parts) * 10.0**-places + 1e-9
    return any(abs(sum(parts) - whole) <= slack for whole in (100, 1) if whole == 100 or places > 1)


def _compares_all(table: Table) -> bool:
    """Tell correlations of variables with each other: named alike both ways, 1 with themselves.

    Shape: one half of them may be left out; some number is broken, none is larger than 1.
    """
    names = [name.strip() for name in table.columns[1:]]
    if len(names) < 2 or names != [row[0].strip() for row in table.rows]:
        return False
    values = [[number(cell) for cell in row[1:]] for row in table.rows]
    told = [value for row in values for value in row if value is not None]
    return (
        all(row[at] == 1.0 for at, row in enumerate(values))
        and all(abs(value) <= 1 for value in told)
        and any(value != int(value) for value in told)
    )


def _compares_pairs(table: Table) -> bool:
    """Tell what compares each group with those before it: p-values of pairs, as R prints them.

    Shape: the names of columns go on one further as names of rows; nothing above the steps. Some
    number is broken, none is larger than 1, and all have as many decimals.
    Source: `pairwise.t.test` of R and its kin.
    """
    names = [name.strip() for name in table.columns[1:]]
    labels = [row[0].strip() for row in table.rows]
    if len(names) < 2 or names[1:] != labels[:-1]:
        return False
    below = [cell for at, row in enumerate(table.rows, 1) for cell in row[1 : at + 1]]
    above = [cell for at, row in enumerate(table.rows, 1) for cell in row[at + 1 :]]
    values = [number(cell) for cell in below]
    shares = [value for value in values if value is not None and 0 <= value <= 1]
    return (
        len(shares) == len(values)
        and all(is_missing(cell) or number(cell) is None for cell in above)
        and any(value != int(value) for value in shares)
        and all("." in cell or "e" in cell for cell in below)
    )


def _around_percentiles(
    names: Sequence[str], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell the ends of what percentiles describe, whatever they are called: `lo`, `q4`, `top`.

    Shape: beside two percentiles and more, in no row above the least or below the greatest of them.
    """
    told = list(found)
    known = [at for at, role in enumerate(found) if role is Role.PERCENTILE]
    for at, role in enumerate(found if len(known) > 1 else ()):
        if role not in {Role.UNKNOWN, Role.STATISTIC} or named(names[at]) is not None:
            continue
        rows = [
            (own, [other for other in others if other is not None])
            for own, *others in zip(*(map(number, columns[one]) for one in (at, *known)),
                                    strict=True)
            if own is not None
        ]  # fmt: skip
        if all(len(others) > 1 for _, others in rows) and (
            all(own <= min(others) for own, others in rows)
            or all(own >= max(others) for own, others in rows)
        ):
            told[at] = Role.EXTREME
    return told


def _hides_counts(columns: Sequence[Sequence[str]]) -> bool:
    """Say whether columns hide small numbers (`<10`) and show none, as people hide counts."""
    cells = [cell for column in columns for cell in column]
    covers = [own for cell in cells if (own := hidden(cell)) is not None and not own.low]
    ends = [own.high for own in covers if own.high is not None]
    shown = [value for cell in cells if (value := number(cell)) is not None]
    return bool(ends and shown) and max(ends) < min(shown)


def _across(names: Sequence[str], labels: Sequence[str], known: Known) -> bool:
    """See whether columns are named by the categories of one variable, as in a cross table.

    Shape: categories of the source, or bands of a number beside categories of the source.
    """
    if len(names) < 2:
        return False
    return _known(_below(names), known) or (adjoining(names) and known(labels))


def _is_moment(name: str) -> bool:
    """Say whether a name is of a point in time: one `day`, no number of `days`."""
    own = set(words(name))
    return bool(own & _MOMENT) and own <= _MOMENT | _OF_MOMENT


def _known(names: Sequence[str], known: Known) -> bool:
    """Say whether names are categories of the source, or several taken together.

    Shape: `SD-PD`, `II/III` and `PTCL|PMBL|BL` name categories of one variable, `SD, ALPINE` of
    several.
    """
    parts = [part for name in names for part in _TOGETHER.split(name) if part]
    if not parts:
        return False
    if known(names) or known(parts):
        return True
    return any("," in name for name in names) and all(known([part]) for part in set(parts))


def _names_groups(cells: Sequence[str], known: Known) -> bool:
    """Tell labels that are categories of the source: they say of whom a row is, not what it is.

    Shape: partial response, `PR`, is no p-value, and stable disease, `SD`, no spread.
    """
    own = list(dict.fromkeys(cell for cell in cells if not is_missing(cell) and not is_total(cell)))
    return any(map(_is_statistic, own)) and _known(own, known)


def _without_categories(table: Table, known: Known) -> Sequence[str]:
    """Give the names of columns, without what those that are categories of the source seem to say.

    Shape: as in `_names_groups`; two columns and more, as in a cross table.
    """
    own = [name for name in table.columns[1:] if name.strip() and not is_total(name)]
    across = _siblings(own) if table.header else frozenset[str]()
    if across:
        return [_CATEGORY if name in across else name for name in table.columns]
    misread = [name for name in own if _is_statistic(name) or _AXIS & set(words(name))]
    if not table.header or len(own) < 2 or not misread or not _known(_below(own), known):
        return table.columns
    return [_CATEGORY if name in own else name for name in table.columns]


def _siblings(names: Sequence[str]) -> frozenset[str]:
    """Find the categories of one variable that name columns: `stage I`, `stage II`; `low risk`.

    Shape: two and more names that share a word for what groups people, first or last, and differ in
    what is no statistic and no end of a class.
    """
    found: dict[tuple[int, str], list[str]] = {}
    for name in names:
        said = words(name) if "%" not in name else []
        for end in (0, -1):
            if len(said) > 1 and said[end] in _AXIS | _DIVIDES:
                rest = said[1:] if end == 0 else said[:-1]
                ends = {word for pair in _ENDS for word in pair} | _OF_MOMENT
                if named(" ".join(rest)) is None and not (ends | _INDEX) & set(rest):
                    found.setdefault((end, said[end]), []).append(name)
    return frozenset(name for own in found.values() if len(set(own)) > 1 for name in own)


def _below(names: Sequence[str]) -> Sequence[str]:
    """Take off the variable's name that stands above all of its categories: `arm control`."""
    cut = [name.split() for name in names]
    alike = all(len(one) > 1 and one[0] == cut[0][0] for one in cut)
    return [" ".join(one[1:]) for one in cut] if alike else names


def counts(table: Table, found: Sequence[Role]) -> list[Cell]:
    """List every number of a table that counts people or might, also `12 (3.4%)` and `3/120`."""
    cells: list[Cell] = []
    speaks = statistic_column(table, found)
    for row, values in enumerate(table.rows, 1):
        says = _row_says(values, found, speaks)
        for column, text in enumerate(values):
            if column != speaks:
                own = _with_share(table.columns[column], found[column])
                cells += _cells(row, column, text, own, says, speaks is not None)
    return cells


def _with_share(name: str, role: Role) -> Role:
    """Tell counts behind which a share stands in brackets: `responders (%)`."""
    shared = role is Role.TEXT and _SHARE_BEHIND.search(name)
    return Role.COUNT if shared and named(name) is Role.PERCENT else role


def statistic_column(table: Table, found: Sequence[Role]) -> int | None:
    """Find the column whose labels say what each row's numbers are: `mean`, `n`, `25%`.

    Shape: the first column with two such labels (`describe()`), or another text column in which
    most labels are such (a long table).
    """
    for column, role in enumerate(found):
        if role is not Role.TEXT or not table.rows:
            continue
        labels = [row[column] for row in table.rows]
        marked = [label for label in labels if _is_statistic(label)]
        told = [label for label in labels if _is_statistic(label) or counted(label)]
        if column == 0 and len(marked) >= 2:
            return column
        if column > 0 and marked and len(told) >= max(2, _MOST * len(labels)):
            return column
    return None


def _is_label_only(role: Role, own: set[str], names: frozenset[str]) -> bool:
    """`age range`, `p group`, `kappa lambda`: one weak word does not make a statistic."""
    only = own & names
    if only == {"p"}:
        return not own <= {"p", "value", "val", "adj", "adjusted", "trend", "interaction", "for"}
    if only == {"outliers"}:
        return bool(own & _NUMBER_OF)
    if role is Role.STATISTIC and only <= {"lambda", "change", "mode", "gain", "loss", "delta"}:
        return not own <= only | _OF_LOSS
    if role is Role.COEFFICIENT and only <= {"lower", "upper"}:
        return not own <= only | _OF_LIMITS and not any(word.isdigit() for word in own)
    if only in ({"per"}, {"average"}):
        return bool(own & {"protocol", "risk"})
    return only in ({"range"}, {"target"}, {"expected"}) and bool(own & _AXIS)


def _is_statistic(label: str) -> bool:
    if _PERCENTILE_LABEL.match(label.strip()):
        return True
    role = None if pieces(label) else named(label)
    return role is not None and role is not Role.COUNT


def _row_says(values: Sequence[str], found: Sequence[Role], speaks: int | None) -> Role | None:
    if speaks is not None:
        return named(values[speaks])
    label = values[0] if found and found[0] is Role.TEXT else ""
    if "\n" in label:  # a name, and what it means
        label = label.partition("\n")[0].partition(":")[0]
    return named(label)


def _told_beside(columns: Sequence[Sequence[str]], found: Sequence[Role]) -> list[Role]:
    """Tell numbers that a column of words behind them names: `on | 3 | df`.

    Shape: each cell there is empty or one and the same statistic, or a thing (`8 | threads`);
    people are named so as well.
    """
    told = list(found)
    for at, role in enumerate(found[:-1]):
        if role is not Role.UNKNOWN:
            continue
        said = {
            Role.STATISTIC if {*words(cell)} <= THINGS | _DURATION and words(cell) else named(cell)
            for cell in columns[at + 1]
            if not is_missing(cell)
        }
        if found[at + 1] is Role.TEXT and len(said) == 1:
            (own,) = said
            told[at] = own if own in STATISTICS or own is Role.COUNT else role
    return told


def _led(columns: Sequence[Sequence[str]], found: Sequence[Role]) -> list[Role]:
    """Tell numbers behind one same word that says what they number: `page | 7`, `Figure | 3`.

    Shape: three rows and more; the word is of a place, or the numbers run from one on, or it names
    them as it would above them: `dose | 4`.
    """
    told = list(found)
    for at, role in enumerate(found[1:], 1):
        before = {cell.strip(" .,:;()[]").casefold() for cell in columns[at - 1]}
        cells = [cell.rstrip(".") for cell in columns[at]]
        if len(before) != 1 or len(cells) < _LEAST_LED or None in map(whole, cells):
            continue
        if before <= _PLACE and role in {Role.UNKNOWN, Role.TEXT}:
            told[at] = Role.INDEX
        elif role is Role.UNKNOWN and found[at - 1] is Role.TEXT:
            own = _by_name_and_values(min(before), cells)
            told[at] = Role.INDEX if enumerates(cells) else own
    return told


def _axes(
    names: Sequence[str], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell key columns: named like one, and either without repeats or left of what is measured."""
    last = max((at for at, role in enumerate(found) if role in MEASURED), default=-1)
    told = list(found)
    for at, role in enumerate(found):
        own = set(words(names[at]))
        if role is Role.UNKNOWN and _AXIS & own and "by" not in own:  # `by stage` is how many
            distinct = len(set(columns[at])) == len(columns[at]) > 1
            told[at] = Role.AXIS if distinct or at < last else role
    return told


def _spans(
    names: Sequence[str], columns: Sequence[Sequence[str]], found: Sequence[Role]
) -> list[Role]:
    """Tell the two ends of a class: `areas from` and `areas to`, in each row in this order."""
    told, places = list(found), {tuple(words(name)): at for at, name in enumerate(names)}
    for own, low in places.items():
        ends = [places.get((*own[:-1], last)) for first, last in _ENDS if own[-1:] == (first,)]
        ends += [places.get((last, *own[1:])) for first, last in _ENDS if own[:1] == (first,)]
        for high in ends:
            if high is None or told[low] is not Role.UNKNOWN:
                continue
            pairs = zip(map(number, columns[low]), map(number, columns[high]), strict=True)
            if all(a is None or b is None or a <= b for a, b in pairs):
                told[low] = told[high] = Role.AXIS
    return told


def _no_shares(names: Sequence[str], found: Sequence[Role]) -> list[Role]:
    """Tell percentages of a dose or a power, where nobody is counted beside them."""
    if Role.COUNT in found:
        return list(found)
    return [
        Role.STATISTIC
        if role is Role.PERCENT and _NO_SHARE & set(words(name)) and not _STRONG & set(words(name))
        else role
        for name, role in zip(names, found, strict=True)
    ]


def _by_place(columns: Sequence[Sequence[str]], found: Sequence[Role]) -> list[Role]:
    """Tell row numbers, keys and marks of single people by where they stand and what they hold.

    Shape: a column of zeros and ones is unclear, and so looked at, where many rows and no other
    count say that rows may be people; beside numbers of people it counts events.
    """
    told = list(found)
    alike = len({tuple(map(number, cells)) for cells in columns}) == 1
    if told and told[0] is Role.UNKNOWN and enumerates(columns[0], alone=alike):
        told = [Role.INDEX] * len(told) if alike else [Role.INDEX, *told[1:]]
    told = [
        Role.INDEX if role is Role.TEXT and _is_progress(columns, at) else role
        for at, role in enumerate(told)
    ]
    usable = [role is not Role.INDEX for role in told[: _measures_from(columns, told)]]
    ends = -1 if columns and len(columns[0]) > 1 and is_total(columns[0][-1]) else None
    for at in key_columns([cells[:ends] for cells in columns[: len(usable)]], usable):
        told[at] = Role.AXIS if told[at] in {Role.UNKNOWN, Role.COUNT} else told[at]
    counting = [at for at, role in enumerate(told) if role is Role.COUNT]
    if counting and all(only_flags(columns[at]) for at in counting):
        told = [Role.UNKNOWN if role is Role.COUNT else role for role in told]
    return told


def _is_progress(columns: Sequence[Sequence[str]], at: int) -> bool:
    """Tell how far a program is: `1/3`, `2/3`, `3/3`, one after another, behind one same word."""
    cut = [cell.strip().partition("/") for cell in columns[at]]
    alike = len({end for _, _, end in cut}) == 1 and cut[0][2].isdecimal() if cut else False
    if not alike or not enumerates([done for done, _, _ in cut]):
        return False
    return at == 0 or len(set(columns[at - 1])) == 1


def _measures_from(columns: Sequence[Sequence[str]], found: Sequence[Role]) -> int:
    """Find the first column that measures the groups: what is left of it may name them.

    Shape: `dead` with zeros and ones left of a count of people may be a key.
    """
    last = max((at for at, role in enumerate(found) if role is Role.COUNT), default=0)
    for at, role in enumerate(found):
        if role in MEASURED and not (role is Role.COUNT and at < last and codes(columns[at])):
            return at
    return 0


def _cells(
    row: int, column: int, text: str, role: Role, says: Role | None, labelled: bool
) -> list[Cell]:
    value = whole(text)
    if role is Role.INDEX and "/" in text:
        return []
    if value is None or (role is Role.TEXT and column == 0):
        return _packed(row, column, text, role if says not in STATISTICS else says)
    if labelled:
        counts_people = says is Role.COUNT and role not in {Role.INDEX, Role.CODE}
        return [Cell(row, column, value, certain=True)] if counts_people else []
    if role is Role.COUNT:
        if says in {None, Role.COUNT}:
            return [Cell(row, column, value, certain=True)]
        return [Cell(row, column, value, certain=False)] if says in _SELDOM else []
    if role not in {Role.UNKNOWN, Role.TEXT} or says not in {None, Role.COUNT}:
        return []
    return [Cell(row, column, value, certain=says is Role.COUNT)]


def _packed(row: int, column: int, text: str, role: Role) -> list[Cell]:
    found = []
    for piece in pieces(text):
        if piece.mark in {Mark.COUNT, Mark.WHOLE}:
            found.append(Cell(row, column, int(piece.value), True, piece.mark is Mark.WHOLE))
        elif piece.mark is Mark.MAYBE and role is not Role.COUNT and role not in STATISTICS:
            found.append(Cell(row, column, int(piece.value), certain=False))
        elif piece.mark is Mark.MAYBE and role is Role.COUNT:
            found.append(Cell(row, column, int(piece.value), certain=True))
    return found


def _by_name_and_values(name: str, cells: Sequence[str]) -> Role:
    present = [cell for cell in cells if not is_missing(cell) and hidden(cell) is None]
    values = [value for value in map(number, present) if value is not None]
    if not values or len(values) < 0.5 * len(present):
        return Role.TEXT
    if len(values) < len(present) and _names_statistics(present):
        return Role.TEXT
    own = set(words(name))
    if _LIMIT.search(" ".join(words(name))):
        return Role.AXIS
    fractions = any(value != int(value) or value < 0 for value in values)
    if any(cell.rstrip().endswith("%") for cell in present):
        return Role.PERCENT
    said = named(name)
    if said is Role.PERCENT:
        return Role.COUNT if own & _STRONG and "%" in name and not fractions else Role.PERCENT
    if fractions:
        return _broken_role(said, own, min(values))
    return _whole_role(said, own, [int(value) for value in values], name)


def _names_statistics(cells: Sequence[str]) -> bool:
    """Tell the labels of a `describe()`, of which `25%`, `50%` and `75%` look like numbers."""
    told = {cell for cell in cells if number(cell) is None and named(cell) is not None}
    return len(told) > 1


def _broken_role(said: Role | None, own: set[str], least: float) -> Role:
    if said is Role.COUNT and least >= 0 and not own & (_DOSE | _CODE):
        return Role.COUNT
    if said is not None and said is not Role.COUNT:
        return said
    return Role.DOSE if own & _DOSE else Role.STATISTIC


def _whole_role(said: Role | None, own: set[str], values: Sequence[int], name: str) -> Role:
    if said is Role.COUNT and not own & {"id", "code", "rank"}:
        return Role.COUNT
    if said is not None and said is not Role.COUNT:
        return said
    if own & _CODE:
        return Role.CODE
    if _is_scale(name, values):
        return Role.STATISTIC
    if len(own) > 1 and _is_moment(name):
        return Role.AXIS  # `study day`, `day of cycle`: when, not how many
    if own & _WEAK and not own & (_DOSE | _AXIS - {"risk"}) and len(own - _WEAK) <= 2:
        return Role.COUNT
    if all(1850 <= value <= 2150 for value in values):
        return Role.YEAR
    if own & _YEAR and list(values) == sorted(set(values)):
        return Role.YEAR
    if (
        own & _INDEX
        or (own and own <= _ON_PLATE)
        or (own and own <= _STEPS)
        or (not name.strip() and _runs(values))
    ):
        return Role.INDEX
    return Role.DOSE if own & _DOSE else Role.UNKNOWN


def _is_scale(name: str, values: Sequence[int]) -> bool:
    """Tell answers on a scale whose ends the name says: `scale 1-5`."""
    ends = _SCALE.search(name)
    return ends is not None and all(int(ends[1]) <= value <= int(ends[2]) for value in values)


def _runs(values: Sequence[int]) -> bool:
    return list(values) in (list(range(len(values))), list(range(1, len(values) + 1)))


def _sums_up(table: Table, columns: Sequence[Sequence[str]], unclear: Sequence[int]) -> bool:
    """See whether a last row or a last column is the total of the rest: then these are counts."""
    numbers = [[whole(cell) for cell in columns[at]] for at in unclear]
    if any(value is None for column in numbers for value in column):
        return False
    plain = [[value for value in column if value is not None] for column in numbers]
    if len(table.rows) > 2 and (len(plain) > 1 or is_total(table.rows[-1][0])):
        return all(column[-1] == sum(column[:-1]) for column in plain)
    rows = list(zip(*plain, strict=True))
    return len(plain) > 2 and len(rows) > 1 and all(row[-1] == sum(row[:-1]) for row in rows)


def _beside_a_total(table: Table, found: Sequence[Role], unclear: Sequence[int]) -> bool:
    """See whether unclear columns, or they and other counts, add up to a count beside them."""
    counts = [at for at, role in enumerate(found) if role is Role.COUNT]
    others = [[*unclear, *(at for at in counts if at != total)] for total in counts]
    return any(
        len(parts) > 1 and _adds_up(table, parts, total)
        for total, more in zip(counts, others, strict=True)
        for parts in (unclear, more)
    )


def _adds_up(table: Table, parts: Sequence[int], total: int) -> bool:
    """Say whether parts add up to their total in each row that shows them all.

    Shape: two rows or more, or the only one that the table has.
    """
    rows = [
        (whole(row[total]), [whole(row[at]) for at in parts])
        for row in table.rows
        if not any(hidden(row[at]) or is_missing(row[at]) for at in (total, *parts))
    ]
    sums = [
        end is not None and None not in own and sum(one for one in own if one is not None) == end
        for end, own in rows
    ]
    return len(sums) >= min(2, len(table.rows)) and all(sums)

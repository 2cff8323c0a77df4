"""[pure] What the name of a column or a row says its numbers are.

Source: outputs section 3, "Finding count columns"; decisions 0023 and 0047.
"""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from orchestrator.outputs.canon import is_missing, number
from orchestrator.outputs.cells import pieces
from orchestrator.outputs.form import Table
from orchestrator.outputs.languages import ENGLISH
from orchestrator.outputs.of_programs import counts_nobody, without_level
from orchestrator.outputs.people import ANYBODY, OUTCOMES, listed


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

LABELS = frozenset({Role.TEXT, Role.AXIS, Role.YEAR, Role.CODE, Role.INDEX, Role.DOSE})
"""Columns that say what a row is about."""

PERCENT = listed("percent pct percentage prop proportion share perc prc")
_NAMED: tuple[tuple[Role, frozenset[str]], ...] = (
    (Role.PLANNED, listed("planned target targets expected required anticipated projected "
                          "simulated")),
    (Role.P_VALUE, listed("p pvalue pval pr padj fdr qvalue sig")),
    (Role.DEGREES, listed("df dof ddf ndf")),
    (Role.SPREAD, listed("sd std stdev se sem var variance mad cv")),
    (Role.EXTREME, listed("min max minimum maximum range lowest highest largest smallest oldest "
                           "youngest whislo whishi fliers outliers lowerfence upperfence")),
    (Role.PERCENTILE, listed("median medians quantile quantiles percentile percentiles iqr q1 q2 "
                              "q3 p1 p2 p3 p5 p10 p15 p20 p25 p30 p35 p40 p45 p50 p55 p60 p65 p70 "
                              "p75 p80 p85 p90 p95 p97 p98 p99 lq uq")),
    (Role.COEFFICIENT, listed("coef coefs coefficient coefficients estimate estimates beta hr shr "
                               "rr irr aor ratio odds hazard ci lci uci lcl ucl lcb ucb lower "
                               "upper intercept exp")),
    (Role.MEAN, listed("mean means avg average averages")),
    (Role.RATE, listed("rate rates incidence prevalence per yield")),
    (Role.SUM, listed("sum sums summed")),
    (Role.STATISTIC, listed("chi chisq chi2 statistic statistics prob probability loglik aic bic "
                             "temperature temperatur temperatura temp "
                             "auc auroc r2 rsq corr correlation cor weighted skew kurtosis mode "
                             "midpoint survival surv cumhaz wald ratio diff "
                             "difference delta change sensitivity specificity accuracy importance "
                             "gain loss bits epsilon seed lambda power")),
)  # fmt: skip
_COUNTING = listed("n count counts freq freqs frequency frequencies num number nobs obs "
                   "observations denominator numerator atrisk")  # fmt: skip
STRONG = (
    _COUNTING
    | ANYBODY
    | OUTCOMES
    | listed("events event deaths died dead cases controls eligible screened randomised randomized")
)
"""Words that say by themselves that somebody was counted."""
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
    "repositories branches endpoints replications simulations"
)
_OF_MADE = listed("open opened closed merged new of the n no nr num number total count covered")
"""What programmers and authors make, and genes are made of: counted it is nobody."""
_SETTINGS = listed(
    "points point cutoff cutoffs threshold thresholds limit limits knots depth degree iterations "
    "iter iteration epochs epoch folds splits trees leaf leaves layers neighbors neighbours "
    "clusters "
    "components alpha gamma sigma tau theta seed replicates imputations chains warmup burnin "
    "thinning bandwidth batch learning parameters params features covariates predictors classes "
    "digits decimals cell cells look looks interim shape dtype ndim strides itemsize length width "
    "height page pages pagesize offset timeout retries retry shards took elapsed "
    "grad gradient niter ncalls nfev nit "
    "dpi margin margins padding indent fontsize linewidth"
)
_CLASSES = listed("character integer numeric logical")
"""What R and others call the types of columns, when a name holds nothing else."""
_OF_SETTINGS = listed("min max minimum maximum smallest largest "
                       "lower upper size rate of number per total totals "
                       "current next previous successful skipped failed fig figure toc tab line "
                       "font plot")  # fmt: skip
"""Settings of a model or a score, where a name holds nothing else; beside other words they may
belong to a category (`above the threshold`), of which people are counted."""
_DRAWN = re.compile(
    r"(?:(?:(?:zero)?line|grid|arrow|tick|border|stroke|bar|marker|font)[a-z]*"
    r"(?:width|size|dash|len|angle|cap)|mantissas|dimension)\Z"
)
"""How something is drawn: `arrowwidth`, `line_dash`, `tickLen`.

Source: figures of plotly, bokeh, vega and matplotlib as JSON.
"""
AXIS = listed(
    "age stage grade group grp class category cluster level month quarter week day cycle visit "
    "line decade decile quartile quintile bin band sex gender arm time site year yr score ecog iss "
    "ipss risk phase course period model step variable scenario chromosome chrom chr exon locus "
    "fold"
)
_AT_RISK = tuple(map(listed, ("at risk", "unter risiko", "a risque", "en riesgo", "a rischio",
                              "onder risico")))  # fmt: skip
_NUMBER_WORD = re.compile(
    r"(?:all |the )?(?:\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
    r" [a-z]+s\Z",
    re.IGNORECASE,
)
_WITH_RISK = ANYBODY | listed("n no nr number of the")
_REFERENCE = listed("reference referenz normal normale referencia normwert referentie")
_OF_REFERENCE = listed("range ranges interval intervals bereich rango intervalle limits")
"""`reference range`: what is normal, of nobody."""
_OF_DOSE = listed("mg mcg ug ml iu kg")
_ABOUT_DOSE = _OF_DOSE | listed("max min maximum minimum start step total daily day per m2 weight")
_TOTALS = listed("total totals all sum overall everyone everybody")
_UNKNOWN = (
    "na",
    "nan",
    "missing",
    "unknown",
    "not known",
    "not recorded",
    "not stated",
    "not available",
    "not reported",
    "no data",
    "n missing",
    "missing n",
    "missings",
)
_AROUND = ANYBODY | listed("n sexes sex ages groups grand the of both cohort sample population "
                            "study")  # fmt: skip
_OF_NUMBERS = frozenset({Role.SPREAD, Role.EXTREME, Role.COEFFICIENT, Role.MEAN, Role.RATE,
                         Role.SUM, Role.STATISTIC})  # fmt: skip
_COMPARED = re.compile(r"(?:[<>≥≤]=?|\b(?:over|under|above|below|at least|up to)\b) ?\d")
"""`heart rate > 100`, `survival under 2 years`: a category, whatever its words."""
_OF_POWER = listed("power achieved observed statistical post hoc of the test beta")
_OF_LOSS = listed("value abs mean information log validation train test training function")
_OF_LIMITS = listed("ci cl cis limit limits bound bounds conf confidence interval hr or rr aor "
                    "estimate est mean whisker hinge fence quartile q")  # fmt: skip
_PERSON_TIME = re.compile(
    r"\b(?:person|patient|subject|participant|woman|man|child|staff)[ _-]?"
    r"(?:years?|yrs?|months?|weeks?|days?|hours?|time)\b|\bpyears\b|\bfte\b",
    re.IGNORECASE,
)
"""`person-months`: time that people are watched, or work."""
_TIMES = listed("days weeks months years hours tage wochen monate stunden dagen weken maanden "
                "jours semaines dias semanas meses giorni settimane unites einheiten "
                "unidades")  # fmt: skip
_SPANS = listed("all in last first within past during over under per by every total after before "
                "since until of more than")  # fmt: skip
_UNIT = re.compile(
    r"(?:, ?|[(\[] ?)(?:mg|g|kg|ug|µg|ng|pg|ml|l|dl|mmol|µmol|umol|nmol|iu|u|ie|cm|mm|bpm|mmhg|fl)"
    r"(?: ?[/*·] ?[\w^²]{1,6}){0,2} ?[)\]]?\Z",
    re.IGNORECASE,
)
"""A unit of a laboratory, a dose or a body, at the end of a name."""
_A_DAY = re.compile(r"\b(?:mg|mcg|ug|µg|iu|mmol) ?/ ?(?:day|d|week|kg|m2|m²|tag|jour|dag)\b", re.I)
"""`mg/day`: no people, wherever it stands in a name."""
_PSEUDONYM = re.compile(r"(?=\w*\d[A-Za-z])(?=\w*[A-Za-z]\d)[A-Za-z\d]{8,}")
"""`RLQ1BAN4ED`: letters and digits in turn, of which pieces look like words."""
_PERSON = re.compile(r"[Pp]0*([1-9]\d?)\Z")
_TEN, _ALL = 10, 90
_FRENCH = re.compile(r"\bnombre(?= d[e'])")
"""A number; `nombre` alone is a name in Spanish."""
_WORD = re.compile(r"[a-z]+\d*|\d+")
_GROUP_SIZES = listed("min max minimum maximum smallest largest group cluster size")
"""`min. group size`: how many people are in a group."""
_ENDS = listed("min max minimum maximum smallest largest")
"""`Min n`: so many are in the smallest group; no variable has this end."""
_PERCENTILE_LABEL = re.compile(r"(\d{1,2})(?:\.\d+)?\s*%\Z")
_LAST_PERCENTILE = re.compile(
    r"(?:(?:p|pct|pctl|perc|percentile|centile|quantile)[ _.]?(?:0|100)|q[ _.]?(?:0|100)"
    r"|(?:0|100) ?(?:%|th)(?: (?:percentile|centile))?)\Z",
    re.IGNORECASE,
)
"""`p0`, `100%`: the percentiles that are a smallest or a largest value."""
MOST = 0.6
"""The share of labels that make all of them such labels."""


def words(name: str) -> list[str]:
    """Cut a name into lower-case words: `n_risk`, `nRisk` and `N risk` alike, `é` as `e`.

    Shape: words that say what a table counts are given in English: `Anzahl` is `number`.
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold()
    if not spaced.isascii():
        spaced = "".join(c for c in unicodedata.normalize("NFKD", spaced)
                         if not unicodedata.combining(c)).replace("ł", "l")  # fmt: skip
    said = _WORD.findall(_FRENCH.sub("number", spaced))
    told = [ENGLISH.get(word, word) for word in said]
    return ["total"] if told == ["sum"] != said else told  # `Summe` alone is how many there are


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
    if _PSEUDONYM.fullmatch(name.strip()):
        return None
    own = set(words(name))
    if own & _MADE and own <= _MADE | _OF_MADE:
        return Role.STATISTIC
    if _LAST_PERCENTILE.match(name.strip()):
        return Role.EXTREME
    if counts_nobody(name, own):
        return Role.STATISTIC
    if ("%" in without_level(name, own) and not own & {"ci", "iqr"}) or own & PERCENT:
        return Role.PERCENT if not _PERCENTILE_LABEL.match(name.strip()) else Role.PERCENTILE
    if words(name) == ["or"]:
        return Role.COEFFICIENT
    if any(told <= own and own <= told | _WITH_RISK for told in _AT_RISK):
        return Role.COUNT
    if _PERSON_TIME.search(name):
        return Role.STATISTIC
    if own and own <= _CLASSES:
        return Role.STATISTIC
    if own & _REFERENCE and own & _OF_REFERENCE:
        return Role.PLANNED
    if own & _OF_DOSE and {word for word in own if not word.isdecimal()} <= _ABOUT_DOSE:
        return Role.STATISTIC
    if _counts_things(own) or sets(name):
        return Role.STATISTIC
    if {"size"} < own <= _GROUP_SIZES or (len(own) == 2 and {"n"} < own <= {"n"} | _ENDS):
        return Role.COUNT
    for role, names in _NAMED:
        if own & names and not _is_label_only(role, own, names):
            return None if role in _OF_NUMBERS and _COMPARED.search(name) else role
    if is_time(name, own):
        return Role.STATISTIC
    return Role.COUNT if own & STRONG else None


def is_time(name: str, own: set[str]) -> bool:
    """Say whether a name is a time or a measure by its unit: `died_days`, `control (weeks)`.

    Shape: a unit in the plural, or behind a comma or in brackets; people, numbers and words for a
    span (`deaths in the last months`, `deaths 30 days`) are counted.
    """
    if _A_DAY.search(name):
        return not own & (STRONG | {"n"})
    if _UNIT.search(name):
        return not own & (ANYBODY | {"n"})
    if "half" in own and own & {"life", "lives"}:
        return True
    timed = bool(own & _TIMES) and not own & (ANYBODY | _SPANS | {"n", "no", "number"})
    return timed and not any(map(str.isdigit, name))


def _counts_things(own: set[str]) -> bool:
    """`number of trees`: what is counted are no people, and no word beside it says so."""
    things = own & THINGS
    return bool(things and own & _NUMBER_OF) and own <= THINGS | _NUMBER_OF


def sets(name: str) -> bool:
    """Say whether a name is the setting of a program or a model: `seed`, `max depth`."""
    own = set(words(name))
    given = words(name)
    if (given[:1] == ["param"] and not own & STRONG) or _DRAWN.match("".join(given)):
        return True
    return bool(own & _SETTINGS) and own <= _SETTINGS | _OF_SETTINGS


def may_set(name: str) -> bool:
    """Say whether a name may be a setting, if others around it are: `minimum`."""
    own = set(words(name))
    return bool(own) and own <= _OF_SETTINGS


def counted(name: str) -> bool:
    """Say whether a name by itself says that people were counted."""
    return named(name) is Role.COUNT


def numbered_people(names: Sequence[str]) -> frozenset[str]:
    """Find columns that number people from one on: `P01`, `P02`, `P03`; so run no percentiles.

    Shape: ten and more; percentiles run so only if all of them are there.
    """
    told = {int(match[1]): name for name in names if (match := _PERSON.match(name.strip()))}
    run = sorted(told) == list(range(1, len(told) + 1))
    return frozenset(told.values()) if run and _TEN <= len(told) < _ALL else frozenset()


def is_total(label: str) -> bool:
    """Say whether a row or column is the total of the others, by its label.

    Shape: `All`, `Total (n)`; so many things and nothing else, `seven sites`.
    """
    own = set(words(label))
    if bool(own & _TOTALS) and own <= _TOTALS | _AROUND:
        return True
    return bool(own & THINGS) and bool(_NUMBER_WORD.match(label.strip(" *_")))


def is_unknown(label: str) -> bool:
    """Say whether a row or column is of those whose value nobody knows: `<NA>`, `not known`."""
    said = " ".join(words(label))
    return bool(said) and (is_missing(label) or said in _UNKNOWN)


def _is_label_only(role: Role, own: set[str], names: frozenset[str]) -> bool:
    """`age range`, `p group`, `kappa lambda`: one weak word does not make a statistic."""
    only = own & names
    if only == {"p"}:
        return not own <= {"p", "value", "val", "adj", "adjusted", "trend", "interaction", "for"}
    if only == {"power"}:
        return not own <= _OF_POWER
    if only == {"outliers"}:
        return bool(own & _NUMBER_OF)
    if role is Role.STATISTIC and only <= {"lambda", "change", "mode", "gain", "loss", "delta"}:
        return not own <= only | _OF_LOSS
    if role is Role.COEFFICIENT and only <= {"lower", "upper"}:
        return not own <= only | _OF_LIMITS and not any(word.isdigit() for word in own)
    if only in ({"per"}, {"average"}):
        return bool(own & {"protocol", "risk"})
    return only in ({"range"}, {"target"}, {"expected"}) and bool(own & AXIS)


def is_statistic(label: str) -> bool:
    """Say whether a label names a statistic, not a number of people: `mean`, `25%`."""
    if _PERCENTILE_LABEL.match(label.strip()):
        return True
    role = None if pieces(label) else named(label)
    return role is not None and role is not Role.COUNT

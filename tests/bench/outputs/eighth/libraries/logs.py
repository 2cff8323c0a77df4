"""Logs, reports of tests and of comparisons, profiles, plans of validation."""

import cProfile
import difflib
import io
import json
import pstats
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from run import maker, run
from shelf import (
    UNITS,
    cells,
    count,
    extremes,
    lay,
    outside,
    persons,
    pseudonyms,
    rows,
    small,
)  # fmt: skip
from texts import WHERE_LARGE, in_large

harbour = persons[persons.unit == "Harbourside"]
CLOCK = "2025-04-02 09:15:00"


@maker
def loguru_() -> None:
    from loguru import logger

    def logged(tell):
        told = io.StringIO()
        logger.remove()
        logger.add(told, format=CLOCK + " | {level: <8} | {message}", colorize=False)
        tell()
        return told.getvalue()

    def bad():
        logger.info("read {} persons", len(persons))
        for one in persons[persons.ejection < 44].itertuples():
            logger.warning(
                "ejection out of range: {} {} born {} ejection {}",
                one.person,
                one.unit,
                one.born,
                one.ejection,
            )

    at = persons[persons.ejection < 44].index
    lay(
        "loguru/ejection.log",
        "L10",
        rows(["person", "born", "unit", "ejection"], at),
        rules="O19 O22",
        text=logged(bad),
        leak="Codes and days of birth of those with a weak heart.",
    )

    def good():
        logger.info("read {} persons, {} columns", len(persons), persons.shape[1])
        for at in range(1, 6):
            logger.debug("fold {} of 5, seed {}, {} ms", at, 1790 + at, 40 + 7 * at)
        logger.success("written 3 tables, 2 figures")

    lay("loguru/run.log", "S10", count("", 5000), text=logged(good))

    def few():
        for u, f in persons.groupby("unit"):
            logger.info(
                "unit={} persons={} strokes={} deaths={}",
                u,
                len(f),
                int(f.stroke.sum()),
                int(f.died.sum()),
            )

    lay(
        "loguru/units.log",
        "L11",
        small("unit = Harbourside; stroke = 1", 5),
        small("unit = Harbourside; died = 1", 2),
        rules="O01",
        text=logged(few),
        leak="Five strokes and two deaths at Harbourside.",
    )


@maker
def structlog_() -> None:
    import structlog

    def logged(events):
        told = io.StringIO()
        own = structlog.wrap_logger(
            structlog.PrintLogger(told),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.JSONRenderer(sort_keys=True),
            ],
        )
        for name, facts in events:
            own.info(name, **facts)
        return told.getvalue()

    lay(
        "structlog/conditions.jsonl",
        "L11",
        *cells(("condition", "stroke"), "stroke = 1", only="small"),
        rules="O01",
        text=logged(
            [
                (
                    "condition done",
                    {"condition": c, "persons": len(f), "strokes": int(f.stroke.sum())},
                )
                for c, f in persons.groupby("condition")
            ]
        ),
        leak="Three people with HbH had a stroke.",
    )
    lay(
        "structlog/large_units.jsonl",
        "S10",
        *cells(("unit", "stroke"), WHERE_LARGE + "; stroke = 1"),
        text=logged(
            [
                ("unit done", {"unit": c, "persons": len(f), "strokes": int(f.stroke.sum())})
                for c, f in in_large.groupby("unit")
            ]
        ),
    )


def _tests(code, *options):
    """Run pytest in a folder of its own, under a name that says nothing; clean the paths."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_extract.py").write_text(code)
        (Path(folder) / "persons.csv").write_bytes((UNITS / "persons.csv").read_bytes())
        (Path(folder) / "conftest.py").write_text(
            "import platform\nplatform.node = lambda: 'node'\n"
        )
        own = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                *options,
                "test_extract.py",
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        junit = Path(folder) / "junit.xml"
        text = junit.read_text() if junit.exists() else own.stdout
        return re.sub(
            r'hostname="[^"]*"', 'hostname="node"', text.replace(folder + "/", "")
        ).replace(folder, "folder")


@maker
def tests() -> None:
    bad = (
        "import pandas as pd\n\nd = pd.read_csv('persons.csv')\n\n\ndef test_t2star_is_plausible():\n    wrong = d[d.t2star_ms < 7]\n"
        "    assert wrong[['person', 'unit', 'age', 't2star_ms', 'cost']].to_dict('records') == []\n"
    )
    good = "import pandas as pd\nimport pytest\n\nd = pd.read_csv('persons.csv')\n\n\n@pytest.mark.parametrize('name', ['age', 'hb', 'ferritin', 'cost'])\ndef test_no_gaps(name):\n    assert d[name].notna().all()\n\n\ndef test_codes_are_unique():\n    assert d.person.is_unique\n"
    at = persons[persons.t2star_ms < 7].index
    lay(
        "pytest/plausible.xml",
        "L10",
        rows(["person", "unit", "t2star_ms", "cost"], at),
        rules="O19 O22",
        text=_tests(bad, "--junitxml=junit.xml", "-vvv"),
        leak="A failed test shows those with a T2* below seven.",
    )
    lay(
        "pytest/gaps.xml",
        "S10",
        outside("names and times of tests that passed"),
        text=_tests(good, "--junitxml=junit.xml"),
    )
    some = [
        f"{a},{b},{c},{d}"
        for a, b, c, d in persons.loc[700:723, ["unit", "born", "condition", "ferritin"]].to_numpy()
    ]
    later = list(some)
    later[11] = later[11].rsplit(",", 1)[0] + ",1"
    lay(
        "difflib/extract.diff",
        "L10",
        rows(["unit", "born", "condition"], range(708, 715)),
        rules="O19 O27",
        text="\n".join(
            difflib.unified_diff(some, later, "extract.csv", "extract_new.csv", lineterm="")
        )
        + "\n",
        leak="Lines of an extract on both sides of a change.",
    )
    one = "def band(age):\n    if age < 18:\n        return 'child'\n    return 'adult'\n".splitlines()
    two = "def band(age):\n    if age < 5:\n        return 'infant'\n    if age < 18:\n        return 'child'\n    return 'adult'\n".splitlines()
    lay(
        "difflib/code.diff",
        "S10",
        outside("a change of code"),
        text="\n".join(difflib.unified_diff(one, two, "a/band.py", "b/band.py", lineterm=""))
        + "\n",
        seen="O27",
    )
    own = cProfile.Profile()
    own.runcall(lambda: [persons.groupby(c).size() for c in ("unit", "condition")])
    told = io.StringIO()
    pstats.Stats(own, stream=told).strip_dirs().sort_stats("ncalls").print_stats(20)
    lay(
        "cprofile/groupby.txt", "S10", outside("calls and times of a program"), text=told.getvalue()
    )
    code = "def test_rows():\n    '''\n    >>> import pandas as pd\n    >>> pd.read_csv('persons.csv', usecols=['unit', 'age', 'hb', 'cost']).head(6)\n    nothing\n    '''\n"
    lay(
        "pytest/doctest.txt",
        "L10",
        rows(["unit", "age", "hb", "cost"], range(6)),
        rules="O19 O27",
        text=re.sub(r"in \d+\.\d+s", "in 1.00s", _tests(code, "--doctest-modules")),
        leak="A failed example shows six people.",
    )


@maker
def compared() -> None:
    import datacompy
    from deepdiff import DeepDiff

    columns = ["person", "unit", "hb", "ferritin"]
    first = persons.loc[:399, columns]
    later = first.copy()
    changed = list(range(50, 65))
    later.loc[changed, "ferritin"] += 100
    kind = getattr(datacompy, "PandasCompare", None) or datacompy.Compare
    own = kind(first, later, join_columns="person", df1_name="march", df2_name="april")
    told = own.report()
    lay(
        "datacompy/march_april.txt",
        "L10",
        pseudonyms([at for at in changed if persons.person[at] in told]),
        rules="O22 O19",
        text=told,
        leak="Samples of the lines that differ, with codes.",
    )
    own = kind(
        persons[columns],
        persons[columns].copy(),
        join_columns="person",
        df1_name="march",
        df2_name="march again",
    )
    lay("datacompy/same.txt", "S10", count("", 5000), text=own.report())
    own = DeepDiff(
        persons.loc[40:52, ["unit", "born", "cost"]].to_dict("index"),
        persons.loc[40:52, ["unit", "born", "cost"]].assign(cost=0, born="").to_dict("index"),
    )
    lay(
        "deepdiff/changes.json",
        "L10",
        rows(["born", "cost"], range(40, 53)),
        rules="O19",
        text=json.dumps(json.loads(own.to_json()), indent=1) + "\n",
        leak="Days of birth and costs that were set to nothing.",
    )
    own = DeepDiff(
        {"least": 10, "bands": [0, 5, 18], "seed": 3},
        {"least": 10, "bands": [0, 5, 12, 18], "seed": 4},
    )
    lay(
        "deepdiff/settings.json",
        "S10",
        outside("changes of settings"),
        text=json.dumps(json.loads(own.to_json()), indent=1) + "\n",
    )


@maker
def pandera_() -> None:
    import pandera.pandas as pa

    schema = pa.DataFrameSchema(
        {
            "age": pa.Column(int, pa.Check.in_range(0, 110)),
            "hb": pa.Column(int, pa.Check.ge(58)),
            "ferritin": pa.Column(int, pa.Check.lt(16000)),
            "unit": pa.Column(str),
        }
    )
    try:
        schema.validate(persons.set_index("person")[["age", "hb", "ferritin", "unit"]], lazy=True)
    except pa.errors.SchemaErrors as error:
        own = error.failure_cases.copy()
    bad = persons[(persons.hb < 58) | (persons.ferritin >= 16000)]
    lay(
        "pandera/failures.csv",
        "L10",
        pseudonyms(list(bad.index)),
        extremes("ferritin", *sorted({int(v) for v in bad.ferritin if v >= 16000})),
        rules="O22 O19 O08",
        text=own.to_csv(index=False),
        leak="Codes and values of those beyond the limits.",
    )
    plan = [
        {
            "column": n,
            "type": str(c.dtype),
            "checks": str([k.name for k in c.checks]),
            "nullable": c.nullable,
        }
        for n, c in schema.columns.items()
    ]
    lay(
        "pandera/plan.yaml",
        "S10",
        outside("limits of a validation"),
        text=yaml.safe_dump(plan, sort_keys=False),
    )


@maker
def coverage_() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "bands.py").write_text(
            "def band(age):\n    if age < 5:\n        return 'infant'\n    if age < 18:\n        return 'child'\n    return 'adult'\n\n\ndef dose(weight):\n    return 20 * weight\n"
        )
        (root / "go.py").write_text(
            "from bands import band\n\nfor age in (1, 3, 9, 40):\n    band(age)\n"
        )
        (root / ".coveragerc").write_text("[run]\nrelative_files = true\n")
        subprocess.run(
            [sys.executable, "-m", "coverage", "run", "go.py"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
        for name, command in (
            ("report.txt", ["report", "-m"]),
            ("lcov.info", ["lcov", "-o", "-"]),
            ("coverage.json", ["json", "--pretty-print", "-o", "-"]),
        ):
            own = subprocess.run(
                [sys.executable, "-m", "coverage", *command],
                cwd=folder,
                check=True,
                capture_output=True,
                text=True,
            )
            lay(f"coverage/{name}", "S10", outside("lines of code that ran"), text=own.stdout)


if __name__ == "__main__":
    run()

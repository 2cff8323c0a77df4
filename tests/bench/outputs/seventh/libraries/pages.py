"""Notebooks and what nbconvert makes of them; logs, tracebacks and printed sessions."""

import io
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter, MarkdownExporter, PythonExporter

from tests.bench.outputs.seventh.libraries.counts import CROSSED, laid
from tests.bench.outputs.seventh.libraries.shelf import (
    LEAST,
    SOURCE,
    count,
    fitted,
    groups,
    lay,
    meets,
    outside,
    patients,
    pseudonyms,
    rows,
    small,
    value,
)

_READ = (
    'import pandas as pd\np = pd.read_csv("patients.csv", keep_default_na=False, na_values=[""])'
)
_SHAPE = """

def test_shape():
    assert len(p.columns) == 33
"""
_RICH = """from rich.traceback import install
install(show_locals=True, width=110, locals_max_length=8)
"""
_DOSES = """

def test_doses():
    own = p[p["treatment"] == "gene therapy"][["patient", "age", "dose", "weight"]].head(4)
    assert own.to_dict("records") == []
"""
_KNOWN = """

def test_ages():
    assert p["age"].between(0, 110).all()


def test_known():
    assert p["sex"].isin(["F", "M"]).all()
"""
_FOLDER = "~/projects/haemo"
"""Instead of a folder of this machine, as long as its name, so that frames stay whole."""
_CROSS = 'pd.crosstab(p["{}"], p["{}"], margins=True)'


def make() -> None:
    _notebooks()
    _logs()
    _tracebacks()
    _sessions()


def _ran(*cells: str, words: str = "# Haemophilia registry") -> nbformat.NotebookNode:
    """Run cells in the folder of the source, as a notebook does."""
    book = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        }
    )
    book.cells = [nbformat.v4.new_markdown_cell(words), *map(nbformat.v4.new_code_cell, cells)]
    client = NotebookClient(
        book,
        timeout=300,
        allow_errors=True,
        record_timing=False,
        resources={"metadata": {"path": str(SOURCE)}},
    )
    client.execute()
    for n, cell in enumerate(book.cells):
        cell["id"] = f"cell{n}"
    return book


def _clean(text: str) -> str:
    """Without folders of this machine."""
    text = text.replace(str(SOURCE), "data")
    text = re.sub(r"(File )?~?/[\w./-]*/site-packages/", "site-packages/", text)
    text = re.sub(r"/[\w./-]*/lib/python3", "lib/python3", text)
    return re.sub(r"/tmp/ipykernel_\d+/\d+\.py", "ipykernel.py", text)


def _json(book: nbformat.NotebookNode) -> str:
    return _clean(nbformat.writes(book)) + "\n"


def _notebooks() -> None:
    first = ["age", "sex", "weight", "factor", "cost"]
    book = _ran(_READ, f"p[{first}].head(8)", "p.shape")
    leak, claims = "The first eight patients.", [rows(range(8), first)]
    lay("notebooks/first-look.ipynb", _json(book), "L7 O19 O20", claims, leak)
    text, _ = MarkdownExporter().from_notebook_node(book)
    lay("notebooks/first-look.md", text, "L7 O19 O20", claims, leak)
    book = _ran(
        _READ,
        _CROSS.format("diagnosis", "severity"),
        'p.groupby("diagnosis")["hb"].agg(["count", "mean"]).round(1)',
    )
    laid("notebooks/diagnoses.ipynb", _json(book), "diagnosis-severity")
    text, _ = HTMLExporter(template_name="basic").from_notebook_node(book)
    laid("notebooks/diagnoses.html", text, "diagnosis-severity")
    by, where = CROSSED["centre-severity"]
    book = _ran(
        _READ,
        'p = p[p["centre"] != "H"]\nlen(p)',
        _CROSS.format(*by),
        'p["hb"].agg(["count", "mean", "std"]).round(1)',
    )
    claims = [groups(by, where), count(where)]
    lay("notebooks/centres.ipynb", _json(book), "S7", claims)
    text, _ = HTMLExporter(template_name="basic").from_notebook_node(book)
    lay("notebooks/centres.html", text, "S7", claims, seen="O27")
    text, _ = PythonExporter().from_notebook_node(book)
    lay("notebooks/centres.py", text, "S10", [outside("code without data")])
    fit = """import statsmodels.formula.api as smf
m = smf.ols("hb ~ age", p).fit()
m.summary().tables[1]"""
    book = _ran(_READ, fit, "round(m.rsquared, 3), int(m.df_resid)")
    line = _line()
    lay("notebooks/model.ipynb", _json(book), "S7", [line])
    book = _ran(
        _READ,
        'import matplotlib.pyplot as plt\np["severity"].value_counts().plot.bar();',
        'print(p["severity"].value_counts().to_dict())',
    )
    lay("notebooks/bars.ipynb", _json(book), "S7", [groups(["severity"])], seen="O17")
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    lay("notebooks/bars-cleared.ipynb", _json(book), "S7", [outside("code without its output")])
    ask = """for row in p[p["weight"] > 125].itertuples():
    print(row.patient, row.centre, row.age, row.weight)"""
    book = _ran(_READ, "# who is so heavy?\n" + ask)
    heavy = patients.index[patients.weight > 125]
    lay(
        "notebooks/outliers.ipynb",
        _json(book),
        "L7 O19 O20 O22",
        [rows(heavy, ["patient", "centre", "age", "weight"])],
        "Outliers are printed one by one.",
    )
    book = _ran(_READ, 'row = p.iloc[17]\nassert row["dose"] < 10, row.to_dict()')
    lay(
        "notebooks/failed.ipynb",
        _json(book),
        "L7 O19 O20 O22",
        [rows([17], ["patient", "age", "weight", "cost", "hb"])],
        "The message of the error holds a whole patient.",
    )
    plot = """import plotly.express as px
px.scatter(p.iloc[40:110], x="age", y="ferritin", hover_name="patient")"""
    book = _ran(_READ, 'import plotly.io as pio\npio.renderers.default = "plotly_mimetype"', plot)
    lay(
        "notebooks/plotly.ipynb",
        _json(book),
        "L7 O18 O19 O20 O22",
        [pseudonyms(range(40, 110))],
        "A figure with the pseudonyms of seventy patients.",
    )
    book = _ran(
        _READ.replace("pandas as pd", "polars as pl").replace(
            'p = pd.read_csv("patients.csv", keep_default_na=False, na_values=[""])',
            'p = pl.read_csv("patients.csv", infer_schema_length=None)',
        ),
        """(
    p.filter(pl.col("diagnosis") == "factor XIII")
    .select("age", "sex", "centre", "hb", "platelets")
    .head(12)
)""",
    )
    some = patients.index[patients.diagnosis == "factor XIII"][:12]
    lay(
        "notebooks/factor-xiii.ipynb",
        _json(book),
        "L7 O19 O20",
        [rows(some[:5], ["age", "sex", "centre", "hb", "platelets"])],
        "Patients of a rare diagnosis, line by line.",
    )


def _line() -> dict[str, object]:
    import statsmodels.formula.api as smf

    fit = smf.ols("hb ~ age", patients).fit()
    return fitted("linear", "", "hb", ["age"], fit.params, fit.bse)


def _logs() -> None:
    lay(
        "logging/cohort.log",
        _logged("all"),
        "S10",
        [
            count("centre != H"),
            count("centre != H; ferritin != "),
            count("centre != H; ferritin != ; age >= 18"),
        ],
    )
    lay(
        "logging/cohort-g.log",
        _logged("G"),
        "L10 O01",
        [small("centre = G; ferritin = ")],
        "So few of centre G have no ferritin.",
    )
    out = io.StringIO()
    log = _logger(out, "%(asctime)s %(name)s %(levelname)s %(message)s")
    odd = patients[(patients.height < 155) & (patients.age > 17)].head(15)
    log.info("checking %d rows", len(patients))
    for own in odd.itertuples():
        log.warning("implausible height of %s: %s cm at age %s", own.patient, own.height, own.age)
    lay(
        "logging/checks.log",
        out.getvalue(),
        "L10 O22 O19",
        [rows(odd.index, ["patient", "height", "age"])],
        "A warning for each odd patient.",
    )
    text = _out(
        "MLPRegressor((8,), max_iter=25, random_state=1, verbose=True).fit(x, y)",
        """import warnings; warnings.simplefilter("ignore")
from sklearn.neural_network import MLPRegressor
x, y = p[["age", "dose"]] / 50, p["hb"] / 140""",
    )
    lay("sklearn/training.log", text, "S10", [outside("losses of epochs")])
    text = _out(
        """own = lgb.Dataset(p[["age", "dose", "bleeds"]], p["hb"], free_raw_data=False)
again = lgb.Dataset(p[["age", "dose", "bleeds"]], p["hb"])
settings = {"objective": "regression", "num_leaves": 7, "num_threads": 1}
lgb.train(settings, own, 9, valid_sets=[again], callbacks=[lgb.log_evaluation(2)])""",
        "import lightgbm as lgb",
    )
    lay(
        "lightgbm/training.log",
        re.sub(r"of testing was [\d.]+", "of testing was 0.000214", text),
        "S10",
        [count()],
    )
    _sql()


def _logger(out: io.StringIO, form: str) -> logging.Logger:
    log = logging.Logger("cohort")
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter(form, "%Y-%m-%d %H:%M:%S"))
    handler.formatter.converter = lambda *_: (2024, 3, 12, 14, 5, 31, 1, 72, 0)  # type: ignore[union-attr]
    log.addHandler(handler)
    return log


def _logged(centre: str) -> str:
    out = io.StringIO()
    log = _logger(out, "%(asctime)s [%(levelname)s] %(name)s: %(message)s")
    own = meets("centre != H" if centre == "all" else f"centre = {centre}")
    log.info("cohort %s: read %d patients", centre, len(own))
    known = own.dropna(subset="ferritin")
    if centre == "all":
        log.info("with ferritin: %d", len(known))
        log.info("adults: %d", (known.age >= 18).sum())
    else:
        log.warning(
            "dropped %d patients without ferritin, %d left", len(own) - len(known), len(known)
        )
    log.info("fold 1/5 done in 3 s, fold 2/5 done in 4 s, 0 retries")
    return out.getvalue()


def _out(code: str, before: str = "", head: str = _READ) -> str:
    """What a program prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "\n".join([head, before, code])],
        cwd=SOURCE,
        capture_output=True,
        text=True,
        check=False,
    )
    return _clean(done.stdout + done.stderr)


def _sql() -> None:
    import sqlalchemy as sa

    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("INFO sqlalchemy.engine.Engine %(message)s"))
    log = logging.getLogger("sqlalchemy.engine.Engine")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    engine = sa.create_engine("sqlite://")
    own = patients.head(9)[["patient", "age", "sex", "hb", "cost"]]
    own.to_sql("cohort", engine, index=False)
    with engine.connect() as connection:
        connection.execute(
            sa.text("select count(*) from cohort where age > :age"), {"age": 65}
        ).all()
    text = re.sub(
        r"\[(generated|cached|raw|no key)[^\]]*\]",
        lambda one: re.sub(r"\d+\.\d+", "0.00021", one.group()),
        out.getvalue(),
    )
    lay(
        "sqlalchemy/insert.log",
        text,
        "L10 O19 O20 O22",
        [rows(range(9), ["patient", "age", "sex", "hb", "cost"])],
        "The parameters of an insert are nine patients.",
    )
    engine = sa.create_engine("sqlite://")
    patients[["centre", "severity", "age"]].to_sql("cohort", engine, index=False)
    out.truncate(0)
    out.seek(0)
    with engine.connect() as connection:
        for limit in (18, 40, 65):
            connection.execute(
                sa.text(
                    "select severity, count(*), avg(age) from cohort "
                    "where age >= :age group by severity"
                ),
                {"age": limit},
            ).all()
    text = re.sub(r"\d+\.\d+s", "0.0021s", out.getvalue().replace("\x00", ""))
    lay("sqlalchemy/select.log", text, "S10", [outside("queries and their parameters")])
    log.handlers.clear()
    table = sa.Table(
        "cohort",
        sa.MetaData(),
        sa.Column("patient", sa.String(9), primary_key=True),
        sa.Column("age", sa.SmallInteger),
        sa.Column("cost", sa.Numeric(8, 2)),
    )
    lay(
        "sqlalchemy/cohort.sql",
        str(sa.schema.CreateTable(table).compile(dialect=sa.dialects.sqlite.dialect())).strip()
        + ";\n",
        "S10",
        [outside("a definition of a table")],
    )


def _tracebacks() -> None:
    code = """
def score(row):
    points = row["bleeds"] + row["pain"]
    return points / row["dose"]


def run(frame):
    return [score(row) for row in frame.to_dict("records")]
"""
    last = "run(p[['patient', 'age', 'weight', 'bleeds', 'pain', 'dose', 'cost']].iloc[23:29])"
    with tempfile.TemporaryDirectory() as folder:
        for name, head, tail in (
            (
                "rich",
                _RICH,
                last,
            ),
            ("plain", "", "run(p[p.dose == 0].head(3))"),
        ):
            path = Path(folder) / "scores.py"
            path.write_text(
                head
                + _READ.replace("patients.csv", str(SOURCE / "patients.csv"))
                + code
                + "\n"
                + tail
                + "\n"
            )
            done = subprocess.run(
                [sys.executable, str(path)],
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "COLUMNS": "110"},
            )
            text = _clean(
                done.stderr.replace(folder, _FOLDER if name == "rich" else "").replace('"/', '"')
            )
            if name == "rich":
                lay(
                    "rich/traceback.log",
                    text,
                    "L10 O19 O20 O22 O27",
                    [rows([23], ["patient", "weight", "age", "cost"])],
                    "Local values of a traceback are a patient.",
                )
            else:
                lay("python/traceback.log", text, "S10", [outside("lines of code")])
        test = Path(folder) / "test_cohort.py"
        read = _READ.replace("patients.csv", str(SOURCE / "patients.csv"))
        test.write_text(read + _SHAPE + _DOSES)
        text = _pytest(test, folder)
        gene = patients.index[patients.treatment == "gene therapy"][:4]
        lay(
            "pytest/failed.log",
            text,
            "L10 O19 O20 O22",
            [rows(gene, ["patient", "age", "dose", "weight"])],
            "The assertion shows four patients.",
        )
        test.write_text(read + _SHAPE + _KNOWN)
        lay(
            "pytest/passed.log",
            _pytest(test, folder),
            "S10",
            [outside("names of tests and their times")],
        )


def _pytest(test: Path, folder: str) -> str:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-vv",
            "-p",
            "no:cacheprovider",
            "--durations=3",
            "--no-header",
            "--rootdir",
            folder,
            str(test),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return _clean(done.stdout.replace(f"{folder}/", "").replace(str(SOURCE), "data"))


def _sessions() -> None:
    text = ">>> p.iloc[311]\n" + str(patients.iloc[311].drop("remark")) + "\n"
    lay(
        "python/one-patient.txt",
        text,
        "L7 O19 O20 O22",
        [rows([311], ["patient", "age", "weight", "hb", "cost"])],
        "One patient, a value on each line.",
    )
    text = _out("skim(p[['age', 'weight', 'ferritin', 'centre']])", "from skimpy import skim")
    lay(
        "skimpy/skim.txt",
        text,
        "L11 O08 O09",
        [value("weight", "min", 1, few=True)],
        "Smallest and largest values.",
    )
    own = patients.nlargest(6, "cost")[["diagnosis", "age", "weight", "cost"]]
    lay(
        "pandas/print-nlargest.txt",
        own.to_string() + "\n",
        "L7 O19 O20 O08",
        [rows(own.index, ["diagnosis", "age", "weight", "cost"])],
        "The six dearest patients.",
    )
    frame = patients[["patient", "age", "sex", "diagnosis", "weight", "hb", "cost"]]
    lay(
        "pandas/print-frame.txt",
        str(frame) + "\n",
        "L7 O19 O20 O22",
        [
            rows(
                [0, 1, 2, 3, 4, 3995, 3996, 3997, 3998, 3999],
                ["patient", "age", "sex", "diagnosis", "weight", "hb"],
            )
        ],
        "The head and the tail of the table.",
    )
    listed = patients.index[(patients.hiv == 1) & (patients.hepatitis == "cleared")]
    lay(
        "python/exclude.py",
        "# not in the analysis\nEXCLUDED = "
        + repr(patients.loc[listed, "patient"].tolist())
        + "\n",
        "L10 O22 O19",
        [pseudonyms(listed)],
        "Pseudonyms of everybody with HIV and cleared hepatitis.",
    )
    text = json.dumps(
        {
            "max_depth": 4,
            "learning_rate": 0.05,
            "n_estimators": 300,
            "min_child_weight": 1,
            "seed": 7,
            "folds": 5,
            "epochs": 9,
        },
        indent=2,
    )
    lay("json/params.json", text + "\n", "S9", [outside("settings of a model")])
    text = _out(
        """import cProfile, pstats
r = cProfile.Profile()
r.runcall(p.groupby(["centre", "severity"])["hb"].mean)
pstats.Stats(r).strip_dirs().sort_stats("cumtime").print_stats(12)"""
    )
    lay("python/profile.txt", text, "S10", [outside("calls of functions and their times")])
    done = subprocess.run(
        [sys.executable, "-m", "pip", "list", "--format=columns", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=False,
    )
    lay(
        "python/packages.txt",
        "\n".join(done.stdout.splitlines()[:60]) + "\n",
        "S10",
        [outside("packages and their versions")],
    )
    text = str(patients.dtypes) + f"\n{patients.memory_usage(deep=False).describe().round(1)}\n"
    lay("pandas/print-dtypes.txt", text, "S10", [outside("types of columns, and bytes of memory")])
    few = patients[patients.centre == "H"]["severity"].value_counts()
    assert few.min() < LEAST
    text = f""">>> dict(Counter(p[p.centre == 'H'].severity))
{few.to_dict()}
>>> p.severity.value_counts().to_dict()
{patients.severity.value_counts().to_dict()}
"""
    lay(
        "python/counter.txt",
        text,
        "L11 O01",
        [small(f"centre = H; severity = {one}") for one in few[few < LEAST].index],
        "Eight of centre H have moderate disease.",
    )
    most = [(a, int(b)) for a, b in patients.centre.value_counts().head(4).items()]
    text = f">>> Counter(p.centre[p.centre != 'H']).most_common(4)\n{most}\n"
    lay(
        "python/most-common.txt",
        text,
        "S1",
        [count(f"centre = {one}") for one in "ABCD"],
        seen="O27",
    )
    lay(
        "python/summary.txt",
        f"age {patients.age.mean():.1f} ({patients.age.std():.1f}); n={len(patients)}; "
        f"median {patients.age.median():.0f}\n",
        "S1",
        [value("age", "mean"), value("age", "sd"), value("age", "q50", 0), count()],
    )

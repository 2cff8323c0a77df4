"""Free text and dates of the source are recognised, hashed and encoded identifiers too."""

import base64
import hashlib
from datetime import date, timedelta
from random import Random

import pytest

from orchestrator.outputs.index import Index, build_table, encode_cells
from orchestrator.outputs.model import FileReport, Verdict
from orchestrator.outputs.rules.copied import remarks
from tests.outputs_world import KEY, Cells, Check

NOTES = [f"fever of {37 + at / 10:.1f} on day {at}, walks with a stick" for at in range(60)]
BORN = [(date(1930, 1, 1) + timedelta(days=701 * at % 25000)).isoformat() for at in range(3000)]


@pytest.fixture(scope="module")
def texts() -> Index:
    """A source with remarks, birth dates and small case numbers."""
    size = len(BORN)
    columns = [
        encode_cells("case", [str(at) for at in range(1, size + 1)], "pseudonym"),
        encode_cells("note", [NOTES[at] if at < 60 else "" for at in range(size)], "free_text"),
        encode_cells("born", BORN, "date"),
    ]
    return Index((build_table("t", columns, KEY),), KEY, "t/v1")


def told(report: FileReport, rule: str) -> set[Verdict]:
    """What a rule's findings come to."""
    return {one.severity for one in report.findings if one.rule == rule}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.md", "Remarks:\n\n- {}\n"),
        ("a.md", 'One nurse wrote "{}" last week.\n'),
        ("a.txt", "12: {}\n"),
        ("a.csv", "number,remark\n1,{}\n2,other words altogether in here\n"),
        ("a.json", '[{{"remark": "{}"}}]'),
    ],
)
def test_a_remark_of_the_source_is_blocked(
    check: Check, texts: Index, path: str, text: str
) -> None:
    """In a list, in quotes, behind a number, in a table; the remark itself is not repeated."""
    note = NOTES[17].replace(",", "") if path.endswith("csv") else NOTES[17]
    plain = Index(texts.tables, KEY)
    if path.endswith("csv"):
        text = text.replace("{}", '"{}"')
        note = NOTES[17]
    report = check(path, text.format(note), plain)
    assert told(report, "O23") == {Verdict.BLOCK}
    assert not any(NOTES[17] in one.evidence for one in report.findings)


def test_own_words_pass(check: Check, texts: Index) -> None:
    """Also about the same matter, and short labels."""
    report = check("a.md", "Fever and rash were the usual remarks about walking.\n", texts)
    assert told(report, "O23") == set()
    assert remarks("fever of 38") == set()


def test_what_many_people_share_is_no_remark(check: Check) -> None:
    """A sentence of a form."""
    cells = ["no further remarks on this form"] * 12
    index = Index((build_table("t", [encode_cells("n", cells, "free_text")], KEY),), KEY)
    assert told(check("a.md", f"{cells[0]}\n", index), "O23") == set()


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (("shivering after the second unit", "left arm swollen around the line"), Verdict.FLAG),
        (("shivering after the second unit", "shivering after the second unit"), None),
        (("the arm was swollen in a few", "some people shivered after a unit"), None),
    ],
)
def test_a_list_of_quotes_is_looked_at(
    check: Check, lines: tuple[str, ...], verdict: Verdict | None
) -> None:
    """Also where many share each remark; one of them may be anybody's words."""
    said = ["shivering after the second unit", "left arm swollen around the line", ""]
    columns = [encode_cells("note", [said[at % 3] for at in range(90)], "free_text")]
    shared = Index((build_table("t", columns, KEY),), KEY)
    text = "# What they wrote\n\n" + "".join(f"- {line}\n" for line in lines)
    assert told(check("a.md", text, shared), "O23") == ({verdict} if verdict else set())


@pytest.mark.parametrize(
    ("name", "verdict"), [("patients", None), ("age", Verdict.FLAG), ("score", Verdict.FLAG)]
)
def test_remarks_beside_counts_are_categories(
    check: Check, name: str, verdict: Verdict | None
) -> None:
    """Beside a number of another kind they are somebody's words."""
    said = ["shivering after the second unit", "left arm swollen around the line"]
    columns = [encode_cells("note", [said[at % 2] for at in range(90)], "free_text")]
    shared = Index((build_table("t", columns, KEY),), KEY)
    text = f"note,{name}\n{said[0]},45\n{said[1]},46\n"
    assert told(check("t.csv", text, shared), "O23") == ({verdict} if verdict else set())


def test_dates_of_people_are_blocked(check: Check, texts: Index) -> None:
    """Under any name and order of its parts; other dates pass, months pass."""
    own = Random(3).sample(BORN, 40)
    assert told(check("a.csv", "x\n" + "\n".join(own) + "\n", texts), "O23-dates") == {
        Verdict.BLOCK
    }
    turned = [".".join(reversed(one.split("-"))) for one in own]
    assert told(check("a.csv", "x,y\n" + "".join(f"{one},1\n" for one in turned), texts),
                "O23-dates") == {Verdict.BLOCK}  # fmt: skip
    months = [f"20{at // 12:02d}-{at % 12 + 1:02d}-01,{200 + at}" for at in range(40)]
    assert told(check("a.csv", "month,n\n" + "\n".join(months) + "\n", texts), "O23-dates") == set()


def test_a_column_named_birth_is_looked_at(check: Check) -> None:
    """Without any source."""
    days = "".join(f"19{at + 10}-04-0{at % 9 + 1},{at}\n" for at in range(40))
    assert told(check("a.csv", "birth_date,x\n" + days), "O23-dates") == {Verdict.FLAG}


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512", "base64", "hex"])
def test_disguised_pseudonyms_are_blocked(
    check: Check, flchain: Cells, source: Index, name: str
) -> None:
    """In a column, a text and a name; the same of a made-up word passes."""

    def spelled(text: str) -> str:
        data = text.encode()
        if name == "base64":
            return base64.b64encode(data).decode()
        return data.hex() if name == "hex" else hashlib.new(name, data).hexdigest()

    person = spelled(flchain["person"][40])
    for path, text in (("a.csv", f"key,n\n{person},12\n"), ("a.md", f"see {person} there\n"),
                       (f"{person.rstrip('=')}.csv", "sex,n\nF,12\n")):  # fmt: skip
        assert told(check(path, text, source), "O22") == {Verdict.BLOCK}
    other = spelled("P000000Z")
    assert told(check("a.csv", f"key,n\n{other},12\n", source), "O22") == set()


def test_a_hash_of_a_small_number_is_no_small_number(check: Check, texts: Index) -> None:
    """The count 17 is nobody, the hash of case 17 is."""
    assert told(check("a.csv", "sex,n\nF,17\n", texts), "O22") == set()
    hashed = hashlib.sha256(b"17").hexdigest()
    assert told(check("a.csv", f"key,n\n{hashed},12\n", texts), "O22") == {Verdict.BLOCK}


SPOKEN = [
    f"since visit {at} the mother sleeps badly and asks, every {at % 7} hours, whether her own "
    f"sister number {at} could give marrow; told her that typing is under way (room {at})"
    for at in range(40)
]
FORM = "the family was told about the trial and has had time to ask all of its questions"


@pytest.fixture(scope="module")
def spoken() -> Index:
    """Forty long remarks, each somebody's, and a sentence of a form that many have."""
    cells = [*SPOKEN, *(f"{FORM}; signed on day {at}" for at in range(30))]
    return Index((build_table("t", [encode_cells("n", cells, "free_text")], KEY),), KEY)


def words(text: str, start: int, end: int) -> str:
    """Some words of a text."""
    return " ".join(text.split()[start:end])


@pytest.mark.parametrize(
    ("quoted", "leaks"),
    [
        (words(SPOKEN[11], 0, 15), True),
        (words(SPOKEN[11], 7, 24).upper(), True),
        (words(SPOKEN[11], 9, 16) + "\n> " + words(SPOKEN[11], 16, 26), True),
        (words(SPOKEN[11], 7, 18), False),
        (words(SPOKEN[11], 7, 14) + " or so, and later " + words(SPOKEN[11], 14, 21), False),
        (" ".join(reversed(SPOKEN[11].split())), False),
        (FORM, False),
    ],
)
def test_many_words_of_a_remark_in_a_row_are_a_quotation(
    check: Check, spoken: Index, quoted: str, leaks: bool
) -> None:
    """From its middle too, over two lines; not a few of them, nor what a form says to many."""
    told_of = told(check("a.md", f"One family put it so: “{quoted}”. Themes.\n", spoken), "O23")
    assert told_of == ({Verdict.BLOCK} if leaks else set())
    cell = quoted.replace("\n", " ").replace('"', "")
    in_table = check("a.csv", f'theme,example\nfear,"{cell}"\nhope,none\n', spoken)
    assert told(in_table, "O23") == ({Verdict.BLOCK} if leaks else set())

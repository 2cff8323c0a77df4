"""Digits behind what is known, lowest bits, figures without their table, long tables."""

import io
from random import Random

import pytest
from PIL import Image, ImageDraw

from orchestrator.outputs.model import FileReport, Verdict
from orchestrator.outputs.released import compare
from orchestrator.outputs.rules.precision import surplus
from orchestrator.policy.outputs import OutputsPolicy
from tests.outputs_world import Check, verdicts


def saved(picture: Image.Image, kind: str = "PNG") -> bytes:
    """The bytes of a picture."""
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def chart() -> Image.Image:
    """A drawing with lines and a gradient."""
    picture = Image.new("RGB", (320, 200), "white")
    pen = ImageDraw.Draw(picture)
    pen.line((10, 190, 150, 30, 310, 120), fill="navy", width=3)
    pen.ellipse((200, 20, 260, 80), outline="darkred", width=2)
    picture.paste(Image.linear_gradient("L").resize((60, 200)).convert("RGB"), (0, 0))
    return picture


def with_message(picture: Image.Image, length: int) -> Image.Image:
    """The same drawing with random bits in its lowest plane."""
    random = Random(3)
    samples = bytearray(picture.tobytes())
    for at in range(length):
        samples[at] = samples[at] & 254 | random.getrandbits(1)
    return Image.frombytes("RGB", picture.size, bytes(samples))


def said(report: FileReport, rule: str) -> list[str]:
    """The evidence of one rule."""
    return [one.evidence for one in report.findings if one.rule == rule]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_lowest_bits_that_look_like_noise_are_flagged(check: Check, kind: str) -> None:
    """A message of a kilobyte; the same drawing without it, gradient and all, is clean."""
    name = f"figure.{kind.lower()}"
    clean, loud = chart(), with_message(chart(), 20_000)
    assert verdicts(check(name, saved(clean, kind)))["O31"] == "pass"
    assert verdicts(check(name, saved(loud, kind)))["O31"] == "flag"


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (["the result is stable" + " " * (at * 37 % 90) for at in range(60)], "flag"),
        (["the result is stable  " for _ in range(60)], "pass"),
        ([("word" * (at % 9)).ljust(40) for at in range(60)], "pass"),
        (["the result is stable" for _ in range(60)], "pass"),
    ],
)
def test_blanks_at_the_ends_of_lines_are_a_channel(
    check: Check, lines: list[str], verdict: str
) -> None:
    """As many as hold a message; line breaks of Markdown and columns filled up hold none."""
    assert verdicts(check("note.txt", "\n".join(lines) + "\n"))["O31"] == verdict


def test_digits_behind_the_fourth_are_counted() -> None:
    """Trailing zeros, leading zeros, exponents and whole numbers hold nothing."""
    assert surplus("12.34", 4) == [0]
    assert surplus("0.0012340000", 4) == [0]
    assert surplus("1.234e-16", 4) == [0]
    assert surplus("123456", 4) == []
    assert surplus("1.2345678 (0.9-1.2)", 4) == [pytest.approx(4 * 3.3219, abs=1e-3), 0, 0]


def test_columns_printed_whole_are_flagged(check: Check) -> None:
    """A table as a program prints it unrounded; five digits, and a few long numbers, are left."""
    groups = "ABCDEFGHIJ"
    whole = "site,n,ratio\n" + "".join(f"{g},{120 + at},{1.1 + at / 7!r}\n"
                                       for at, g in enumerate(groups))  # fmt: skip
    rounded = "site,n,ratio\n" + "".join(f"{g},{120 + at},{101.31 + at / 7:.2f}\n"
                                         for at, g in enumerate(groups))  # fmt: skip
    assert "ratio" in said(check("t.csv", whole), "O30")[0]
    assert verdicts(check("t.csv", rounded))["O30"] == "pass"
    assert verdicts(check("t.csv", "term,ratio\nage,1.0487213471\n"))["O30"] == "pass"
    assert verdicts(check("t.txt", "no table"))["O30"] == "not-applicable"


SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90">{}'
    '<path d="M 10 80 L 20 80 L 20 30 L 10 30 z"/></svg>'
)


def test_a_figure_comes_with_its_table(check: Check) -> None:
    """A drawing alone is flagged; a picture is always looked at, and told what stands beside it."""
    alone = check("bars.svg", SVG.format(""))
    assert said(alone, "O17") == ["a drawing, and no table with counts"]
    beside = SVG.format("<desc>sex,n,deaths\nF,4350,1204\nM,3524,965\n</desc>")
    assert said(check("bars.svg", beside), "O17") == []
    assert "no table with counts" in said(check("a.png", saved(chart())), "O17")[0]


def test_a_long_table_is_counted_in_its_groups(check: Check) -> None:
    """Twenty sites with three figures each are no sixty people; sixty people in long form are."""

    def long(groups: int) -> str:
        lines = [f"c{at:02d},{name},{value}" for at in range(groups)
                 for name, value in (("n", 100 + at), ("mean age", f"{60 + at / 10:.1f}"),
                                     ("deaths", 20 + at))]  # fmt: skip
        return "site,figure,value\n" + "\n".join(lines) + "\n"

    assert verdicts(check("t.csv", long(20)))["O20"] == "pass"
    assert verdicts(check("t.csv", long(60)))["O20"] == "flag"


def test_a_file_without_counts_is_not_compared(policy: OutputsPolicy) -> None:
    """Nothing to subtract is no pass; counts that were cut off are still could-not-check."""
    told = compare((), (), policy)
    assert [one.verdict for one in told] == [Verdict.NOT_APPLICABLE] * 2
    cut = compare((), (), policy, unfinished="more counts than are compared")
    assert [one.verdict for one in cut] == [Verdict.COULD_NOT_CHECK] * 2

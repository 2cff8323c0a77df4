"""[pure] One spelling for each value, the transforms of a column, and keyed hashes of spellings.

Source: outputs 5.1 steps 1 to 4. A value that reads as a number is spelled as a number in text
columns too, so that `007`, `7` and `7.0` meet. Missing values have no spelling: they are no
evidence.
"""

import math
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from hashlib import blake2b, md5, sha1, sha256, sha512
from itertools import takewhile

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", ".", "<na>", "nat", "-", "#n/a"})
FINE = 12
COARSE = 4

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\Z", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}(?:\.\d*)?\Z", re.ASCII)
"""Commas by three digits, or by two and in the end three as in India."""
_COMMA = re.compile(r"[+-]?(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+),\d+\Z", re.ASCII)
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00(?::00(?:\.0+)?)?Z?\Z", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})\Z", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\Z", re.ASCII)
_LETTERED = re.compile(r"(\d{1,2})[- ]?([A-Za-z]{3,9})[- ]?(\d{4})\Z", re.ASCII)
_NUMBERED = re.compile(r"[-+\d.,]+\Z")
_VARIOUS = 8
"""Fewer different numbers with a word beside them are names of groups."""
_MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
           "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}  # fmt: skip


class Transform(StrEnum):
    """How a source column may have been changed before it was exported."""

    IDENTITY = "identity"
    INTEGER = "integer"
    TENTH = "tenth"
    Z_SCORE = "z_score"
    MIN_MAX = "min_max"
    LOG = "log"
    LOG1P = "log1p"
    LOG2 = "log2"
    LOG10 = "log10"
    ROOT = "root"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA512 = "sha512"
    BASE64 = "base64"
    HEX = "hex"
    MD5_HEAD = "md5_head"
    SHA1_HEAD = "sha1_head"
    SHA256_HEAD = "sha256_head"
    SHA512_HEAD = "sha512_head"
    JOINED = "joined"
    BARE = "bare"
    PHRASE = "phrase"


_SCALED = frozenset(
    [Transform.Z_SCORE, Transform.MIN_MAX, Transform.LOG, Transform.LOG1P, Transform.LOG2,
     Transform.LOG10, Transform.ROOT]
)  # fmt: skip
DIGITS = {own: COARSE if own in _SCALED else FINE for own in Transform}
"""Significant digits at which a transformed value is compared."""

_DISGUISES: dict[Transform, Callable[[bytes], str]] = {
    Transform.MD5: lambda data: md5(data, usedforsecurity=False).hexdigest(),
    Transform.SHA1: lambda data: sha1(data, usedforsecurity=False).hexdigest(),
    Transform.SHA256: lambda data: sha256(data).hexdigest(),
    Transform.SHA512: lambda data: sha512(data).hexdigest(),
    Transform.BASE64: lambda data: b64encode(data).decode(),
    Transform.HEX: lambda data: data.hex(),
}
DISGUISES = frozenset(_DISGUISES)
"""How an identifier may have been spelled so that it looks like none: hashed without a key, or
encoded. A hash with a secret of the author's own cannot be recognised."""
_HEADS: dict[Transform, Transform] = {
    Transform.MD5_HEAD: Transform.MD5,
    Transform.SHA1_HEAD: Transform.SHA1,
    Transform.SHA256_HEAD: Transform.SHA256,
    Transform.SHA512_HEAD: Transform.SHA512,
}
SHORTENED = frozenset([*_HEADS, Transform.JOINED, Transform.BARE])
"""How an identifier may have been shortened: the first digits of its hash, or only its letters and
digits, also without the letters that all begin with. One such text is no proof, a column is."""
_HEAD = 8
_SHORT = 6
"""Units: characters of a hash, and of an identifier's letters and digits, that still tell."""
_LONGEST = 128  # hexadecimal digits of a hash
_HEXADECIMAL = re.compile(rf"[0-9a-fA-F]{{{_HEAD},{_LONGEST}}}\Z")


def number(text: str) -> float | None:
    """Read a cell as a finite number, commas and a percent sign allowed; else None.

    Shape: `1,234` has a comma of thousands; `71,6`, `0,123` and `1.234,5` have a decimal comma, as
    most of Europe writes it. Source: ISO 80000-1, 7.3.2 (either sign); digits are grouped by three.
    """
    stripped = text.strip()
    if not _NUMBER.match(stripped):
        stripped = _pointed(stripped.rstrip("%").strip())
        if not _NUMBER.match(stripped):
            return None
    value = float(stripped)
    return value if math.isfinite(value) else None


def _pointed(text: str) -> str:
    """Take the commas of thousands out, and write a decimal comma as a point."""
    if _THOUSANDS.match(text):
        return text.replace(",", "")
    if _COMMA.match(text):
        return text.replace(".", "").replace(",", ".")
    return text


def respelled(cells: Sequence[str]) -> Iterator[list[str]]:
    """Write a column as a source may have written it: another decimal sign, dates year first.

    Shape: each way that changes some cell, all of its cells; the rest of them stay as they are.
    """
    for way in (_swapped, _undivided, _year_first):
        written = [way(cell) for cell in cells]
        if written != list(cells):
            yield written
    bare = _bare(cells)
    if bare:
        yield bare


def _bare(cells: Sequence[str]) -> list[str]:
    """Take off what stands around every number of a column: `61 years`, `hb 9.1`, `5:1850`.

    Shape: nothing where it is not the same in all cells, or where only few numbers differ.
    """
    known = [cell.strip() for cell in cells if not is_missing(cell)]
    if len(set(known)) < _VARIOUS:
        return []
    before = _NUMBERED.sub("", _shared(min(known), max(known)))
    backwards = [cell[len(before) :][::-1] for cell in known]
    after = _NUMBERED.sub("", _shared(min(backwards), max(backwards)))[::-1]
    if not before and not after:
        return []
    bare = [cell if is_missing(cell) else cell.strip().removeprefix(before).removesuffix(after)
            for cell in cells]  # fmt: skip
    numbers = sum(number(cell) is not None for cell in bare if not is_missing(cell))
    return bare if numbers > 0.9 * len(known) else []


def _shared(one: str, other: str) -> str:
    """Give what two texts begin with."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return "".join(a for a, _ in pairs)


def _swapped(cell: str) -> str:
    """Read `12,345` with a decimal comma, where no other cell says which it is."""
    plain = cell.strip()
    return plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else cell


def _undivided(cell: str) -> str:
    """Leave commas out, as numbers were read before a decimal comma was one."""
    return cell.replace(",", "") if _COMMA.match(cell.strip()) else cell


def _year_first(cell: str) -> str:
    """Write `6.5.2011`, `06-May-2011`, `06MAY2011` and a day with its midnight as `2011-05-06`.

    Shape: slashes only where the day cannot be a month; `03/04/2011` is read in two ways.
    """
    plain = cell.strip()
    if match := _MIDNIGHT.match(plain):
        return match[1]
    if match := _DOTTED.match(plain):
        return _iso(match[3], match[2], match[1])
    if match := _SLASHED.match(plain):
        first, second = int(match[1]), int(match[2])
        if first > 12:
            return _iso(match[3], match[2], match[1])
        return _iso(match[3], match[1], match[2]) if second > 12 else cell
    match = _LETTERED.match(plain)
    month = _MONTHS.get(match[2][:3].casefold()) if match else None
    return _iso(match[3], str(month), match[1]) if match and month else cell


def _iso(year: str, month: str, day: str) -> str:
    return f"{year}-{int(month):02d}-{int(day):02d}"


def is_missing(text: str) -> bool:
    """Say whether a cell holds no value."""
    return text.strip().lower() in MISSING


def spell_number(value: float, digits: int) -> str:
    """Round to significant digits and print; minus zero is zero."""
    return f"{value + 0.0:.{digits}g}" if value else "0"


def spell(text: str, digits: int = FINE) -> str:
    """Give the canonical spelling of a cell: as a number, else trimmed and in lower case."""
    value = number(text)
    return " ".join(text.split()).casefold() if value is None else spell_number(value, digits)


def hasher(key: bytes) -> Callable[[str], int]:
    """Give the keyed hash of a spelling: 64 bits of BLAKE2b.

    Source: outputs 5.1 step 4.
    """

    def hashed(spelling: str) -> int:
        return int.from_bytes(blake2b(spelling.encode(), digest_size=8, key=key).digest(), "little")

    return hashed


def disguises(identifiers: Sequence[str]) -> Iterator[tuple[Transform, Iterator[str]]]:
    """Spell each identifier of a column in each disguise, as `undisguised` spells what it reads."""
    for name, spelled in _DISGUISES.items():
        yield name, (undisguised(spelled(text.strip().encode())) for text in identifiers)
    for name, whole in _HEADS.items():
        spelled = _DISGUISES[whole]
        yield name, (spelled(text.strip().encode())[:_HEAD] for text in identifiers)
    joined = [_joined(text) for text in identifiers]
    yield Transform.JOINED, iter(joined)
    shared = _shared_head(joined)
    if shared:
        yield Transform.BARE, (text.removeprefix(shared) for text in joined)


def _shared_head(texts: Sequence[str]) -> str:
    """Give the letters that all texts begin with: those that the first and the last share."""
    shared = _shared(min(texts, default=""), max(texts, default=""))
    return "".join(takewhile(str.isalpha, shared))


def shortened(text: str) -> Iterator[tuple[Transform, str]]:
    """Spell what might be a shortened identifier, as `disguises` does, for each way to shorten."""
    plain = text.strip()
    if _HEXADECIMAL.match(plain):
        yield from ((name, plain[:_HEAD].lower()) for name in _HEADS)
    joined = _joined(plain)
    if len(joined) >= _SHORT and any(map(str.isdigit, joined)):
        yield from ((name, joined) for name in (Transform.JOINED, Transform.BARE))


def _joined(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def undisguised(text: str) -> str:
    """Spell what might be a hash or an encoded identifier: either alphabet, without padding."""
    return spell(text.strip().rstrip("=").replace("-", "+").replace("_", "/"))


def transforms(
    values: Sequence[float | None], counts: Sequence[int]
) -> Iterator[tuple[Transform, Iterator[str]]]:
    """Spell each distinct value of a numeric column under each transform that applies.

    Shape: `values` are distinct values (None for text in a numeric column: spelled empty, which is
    never looked up), `counts` how often each occurs. Text columns get no transform but identity,
    which is not made here. Each is spelled as it is asked for: take one before the next.
    """
    for name, change, digits in _changes(values, counts):
        yield name, (_spelled(value, change, digits) for value in values)


_Change = Callable[[float], float]


def _changes(
    values: Sequence[float | None], counts: Sequence[int]
) -> Iterator[tuple[Transform, _Change, int]]:
    known = [value for value in values if value is not None]
    yield Transform.INTEGER, round, FINE
    if any(value != round(value, 1) for value in known):
        yield Transform.TENTH, lambda x: round(x, 1), FINE
    if len(known) > 20:
        for name, change in _scales(values, counts, min(known), max(known)).items():
            yield name, change, COARSE


def _scales(
    values: Sequence[float | None], counts: Sequence[int], low: float, high: float
) -> dict[Transform, _Change]:
    mean, spread = _moments(values, counts)
    chosen: dict[Transform, _Change] = {
        Transform.Z_SCORE: lambda x: (x - mean) / spread,
        # its ends become 0 and 1, which every file has, though one person may
        Transform.MIN_MAX: lambda x: (x - low) / (high - low) if low < x < high else math.nan,
    }
    if high > 0:  # what is not above zero has no logarithm, and becomes missing
        chosen |= {
            Transform.LOG: lambda x: math.log(x) if x > 0 else math.nan,
            Transform.LOG2: lambda x: math.log2(x) if x > 0 else math.nan,
            Transform.LOG10: lambda x: math.log10(x) if x > 0 else math.nan,
        }
    if low >= 0:
        chosen |= {Transform.LOG1P: math.log1p, Transform.ROOT: math.sqrt}
    return chosen


def _moments(values: Sequence[float | None], counts: Sequence[int]) -> tuple[float, float]:
    """Give the mean and the deviation of a whole column."""
    total = sum(count for value, count in zip(values, counts, strict=True) if value is not None)

    def summed(of: _Change) -> float:
        pairs = zip(values, counts, strict=True)
        return math.fsum(of(value) * count for value, count in pairs if value is not None)

    mean = summed(lambda x: x) / total
    return mean, math.sqrt(summed(lambda x: (x - mean) ** 2) / total)


def _spelled(value: float | None, change: _Change, digits: int) -> str:
    changed = math.nan if value is None else change(value)
    return "" if math.isnan(changed) else spell_number(changed, digits)

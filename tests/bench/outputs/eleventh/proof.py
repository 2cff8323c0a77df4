"""[pure] Labels of the eleventh corpus: written and proved as those of the seventh.

The form of an entry stands in the proof of the seventh. Tables are `people`, `counts` and `panel`.
What the seventh has no claim for is named here: `Numbers` (kind, values, valid), of the third;
`Unopened` (how), of the fourth; and below.
"""

import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from tests.bench.outputs.fifth import proof as fifth
from tests.bench.outputs.fourth import proof as fourth
from tests.bench.outputs.seventh import proof as seventh
from tests.bench.outputs.third import facts

FILES = Path(__file__).parent / "files"


@dataclass(frozen=True)
class Carried:
    """Words about one row of the patients, where nobody sees them; `how` says where.

    Shape: `low bits` is an uncompressed or filterless PNG of eight bits; `digits` are three digits
    for each byte, after the fourth significant one of the numbers of a csv's last column.
    """

    row: int
    columns: tuple[str, ...]
    how: str
    data: bytes = field(repr=False)

    def faults(self, known: facts.Alliance) -> list[str]:
        own = known.tables["people"][self.row]
        words = ";".join(own[name] for name in self.columns)
        read = _low_bits(self.data) if self.how == "low bits" else _digits(self.data)
        return [] if words.encode() in read else [f"{words} is not carried in its {self.how}"]


@dataclass(frozen=True)
class Clear:
    """Neither the low bits nor the last digits of the file carry a word."""

    how: str
    data: bytes = field(repr=False)

    def faults(self, known: facts.Alliance) -> list[str]:
        del known
        read = _low_bits(self.data) if self.how == "low bits" else _digits(self.data)
        return ["words are carried in it"] if re.search(rb"[ -~]{16}", read) else []


def _low_bits(data: bytes) -> bytes:
    """The lowest bits of all samples, eight to a byte."""
    width, _, _, colour = struct.unpack(">IIBB", data[16:26])
    packed, at = b"", 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + size]
        at += size + 12
    line = width * {0: 1, 2: 3, 6: 4}[colour] + 1
    plain = zlib.decompress(packed)
    samples = b"".join(plain[n + 1 : n + line] for n in range(0, len(plain), line))
    bits = "".join(str(one & 1) for one in samples)
    return int(bits, 2).to_bytes((len(bits) + 7) // 8, "big")


def _digits(data: bytes) -> bytes:
    cells = [line.rpartition(b",")[2] for line in data.splitlines()]
    tails = [re.sub(rb"^[-0.]*[1-9]\.?\d\.?\d\.?\d", b"", one) for one in cells]
    codes = [int(one[:3]) for one in tails if one[:3].isdigit() and len(one) >= 3]
    return bytes(one for one in codes if one < 256)


class Registry(seventh.Centres):
    """The registry read back from its files, under the words that the claims use."""

    named: ClassVar[Mapping[str, str]] = {"patients": "people"}
    person: ClassVar[bytes] = b"patient"
    doses: ClassVar[str] = "panel"


class Desk(seventh.Desk):
    """The files as they were made, each with the claims behind its label."""

    folder: ClassVar[Path] = FILES
    reader: ClassVar[type[fifth.Screening]] = Registry
    pseudonym: ClassVar[re.Pattern[str]] = re.compile(r"mp\d{4}[A-Z]{3}")

    def _take(self, own: Mapping[str, Any], known: facts.Alliance) -> None:
        """Lay one file; the claims that the seventh does not know are put beside its own."""
        mine, theirs = [], []
        for one in own["claims"]:
            ((name, given),) = one.items()
            if name in {"Numbers", "Unopened", "Carried", "Clear"}:
                mine.append(_claim(name, given, (self.folder / own["path"]).read_bytes()))
            else:
                theirs.append(one)
        super()._take({**own, "claims": theirs}, known)
        self.claims[own["path"]] = (*self.claims[own["path"]], *mine)

    def leaks(self, claim: object) -> bool:
        return isinstance(claim, Carried) or super().leaks(claim)


def _claim(name: str, given: Mapping[str, Any], data: bytes) -> Any:
    match name:
        case "Numbers":
            return facts.Numbers(given["kind"], tuple(given["values"]), given["valid"])
        case "Unopened":
            return fourth.Unopened(given["how"], data)
        case "Carried":
            return Carried(given["row"], tuple(given["columns"]), given["how"], data)
        case _:
            return Clear(given["how"], data)

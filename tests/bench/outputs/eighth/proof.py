"""[pure] Labels of the eighth corpus: written and proved as those of the seventh.

The form of an entry stands in the proof of the seventh. Tables are `people`, `sessions` and
`genotypes`.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from tests.bench.outputs.fifth import proof as fifth
from tests.bench.outputs.seventh import proof as seventh

FILES = Path(__file__).parent / "files"


class Units(seventh.Centres):
    """The day-care units read back from their files, under the words that the claims use."""

    named: ClassVar[Mapping[str, str]] = {"persons": "people"}
    person: ClassVar[bytes] = b"person"
    doses: ClassVar[str] = "genotypes"


class Desk(seventh.Desk):
    """The files as they came from the programs, each with the claims behind its label."""

    folder: ClassVar[Path] = FILES
    reader: ClassVar[type[fifth.Screening]] = Units
    pseudonym: ClassVar[re.Pattern[str]] = re.compile(r"[B-Z]{2}\d{5}[B-Z]")

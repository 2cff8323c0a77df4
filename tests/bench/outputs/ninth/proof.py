"""[pure] Labels of the ninth corpus: written and proved as those of the seventh.

The form of an entry stands in the proof of the seventh. Tables are `people`, `cycles` and `panel`;
a pseudonym is claimed as the column `participant`.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from tests.bench.outputs.fifth import proof as fifth
from tests.bench.outputs.seventh import proof as seventh

FILES = Path(__file__).parent / "files"


class Registry(seventh.Centres):
    """The registry read back from its files, under the words that the claims use."""

    named: ClassVar[Mapping[str, str]] = {"patients": "people"}
    person: ClassVar[bytes] = b"case_no"
    doses: ClassVar[str] = "panel"


class Desk(seventh.Desk):
    """The files as the projects hand them in, each with the claims behind its label."""

    folder: ClassVar[Path] = FILES
    reader: ClassVar[type[fifth.Screening]] = Registry
    pseudonym: ClassVar[re.Pattern[str]] = re.compile(r"[b-z]\d{3}-\d{3}[b-z]")

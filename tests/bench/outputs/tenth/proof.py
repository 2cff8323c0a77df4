"""[pure] Labels of the tenth corpus: written and proved as those of the seventh.

The form of an entry stands in the proof of the seventh. Tables are `people`, `lines` and `panel`.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from tests.bench.outputs.fifth import proof as fifth
from tests.bench.outputs.seventh import proof as seventh

FILES = Path(__file__).parent / "files"


class Network(seventh.Centres):
    """The clinics read back from their files, under the words that the claims use."""

    named: ClassVar[Mapping[str, str]] = {"patients": "people"}
    person: ClassVar[bytes] = b"patient"
    doses: ClassVar[str] = "panel"


class Desk(seventh.Desk):
    """The files as projects handed them in, each with the claims behind its label."""

    folder: ClassVar[Path] = FILES
    reader: ClassVar[type[fifth.Screening]] = Network
    pseudonym: ClassVar[re.Pattern[str]] = re.compile(r"[b-z]{3}-\d{5}")

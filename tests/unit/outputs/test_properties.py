"""What must hold of a verdict whatever the file: a leak never helps, order never matters."""

import gzip
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.outputs.effect import effect
from orchestrator.outputs.index import Index
from orchestrator.outputs.judge import judge
from orchestrator.outputs.model import FileReport, Job, JobFile, Verdict, worst
from orchestrator.outputs.readers.opening import ReadCaps
from orchestrator.outputs.readers.registry import open_bytes
from orchestrator.policy.outputs import OutputsPolicy
from orchestrator.values import digest_of
from tests.outputs_world import SAID, Cells, csv_of, without
from tests.outputs_writers import WRITERS, name_of, zipped

SAFE = {"group": ["F", "M", "unknown group"], "people": ["4350", "3524", "1200"]}
ORDER = (Verdict.PASS, Verdict.FLAG, Verdict.COULD_NOT_CHECK, Verdict.BLOCK)
KINDS = ["csv", "xlsx", "parquet", "sqlite", "html", "docx", "dta", "rds", "png"]
FEW = settings(max_examples=12, deadline=None,
               suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip


class World:
    """Checks files against one source."""

    def __init__(self, policy: OutputsPolicy, caps: ReadCaps, source: Index, rows: Cells) -> None:
        """Keep what every check needs."""
        self.policy, self.caps, self.source, self.rows = policy, caps, source, rows

    def judged(self, *files: tuple[str, bytes]) -> tuple[FileReport, ...]:
        """Check files together."""
        listed = tuple(
            JobFile(name, digest_of(data), len(data), SAID_PLACE, SAID) for name, data in files
        )
        job = Job("j", "export", listed, self.policy.as_json(), self.policy.digest())
        forms = [open_bytes(name, data, self.caps) for name, data in files]
        return judge(job, forms, [self.source], self.policy).files

    def verdict(self, name: str, data: bytes) -> Verdict:
        """Check one file."""
        return self.judged((name, data))[0].verdict

    def effect(self, name: str, data: bytes) -> Verdict:
        """What happens to one file."""
        return effect(self.judged((name, data))[0], self.policy)


SAID_PLACE = Path("/job/files/0")


@pytest.fixture(scope="module")
def world(policy: OutputsPolicy, caps: ReadCaps, source: Index, flchain: Cells) -> World:
    """Forty people of the source."""
    rows = {key: values[100:140] for key, values in without(flchain, "person").items()}
    return World(policy, caps, source, rows)


def content(kind: str, cells: Cells) -> bytes:
    """A file of this kind."""
    if kind == "csv":
        return csv_of(cells, range(len(next(iter(cells.values()))))).encode()
    return WRITERS[kind](cells)


def archive(files: Sequence[tuple[str, bytes]]) -> bytes:
    """A zip of these files, in this order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files:
            made.writestr(name, data)
    return out.getvalue()


@FEW
@given(st.lists(st.sampled_from(KINDS[:-1]), min_size=1, max_size=3, unique=True), st.booleans())
def test_a_zip_of_files_is_no_better_than_the_files(
    world: World, kinds: list[str], leaky: bool
) -> None:
    """And no worse than the worst of them where all can be read."""
    files = [
        (f"{at}.{name_of(kind).rpartition('.')[2]}", content(kind, world.rows if leaky else SAFE))
        for at, kind in enumerate(kinds)
    ]
    alone = worst([one.verdict for one in world.judged(*files)])
    together = world.verdict("all.zip", archive(files))
    assert ORDER.index(together) >= ORDER.index(alone)
    assert ORDER.index(world.verdict("all.zip", archive(files[::-1]))) == ORDER.index(together)


@FEW
@given(st.sampled_from(KINDS[:-1]), st.sampled_from(["member", "wrapped", "behind"]))
def test_a_leak_never_improves_a_verdict(world: World, kind: str, how: str) -> None:
    """Added beside, around, or behind what was there."""
    name, before = name_of(kind), content(kind, SAFE)
    leak = content("csv", world.rows)
    if how == "member":
        old = archive([(name, before)])
        new, name = archive([(name, before), ("more.csv", leak)]), "all.zip"
    elif how == "wrapped":
        old, new, name = (
            archive([(name, before)]),
            zipped("in.zip", archive([(name, before)])),
            "a.zip",
        )
        new = archive([("in.zip", new), ("t.csv.gz", gzip.compress(leak))])
    else:
        old, new = before, before + leak
    assert ORDER.index(world.verdict(name, new)) >= ORDER.index(world.verdict(name, old))
    assert world.effect(name, new) is Verdict.BLOCK


@FEW
@given(
    st.sampled_from(["csv", "xlsx", "parquet", "sqlite", "rds"]), st.randoms(use_true_random=False)
)
def test_the_order_of_rows_does_not_matter(world: World, kind: str, chance: Random) -> None:
    """Nor that of columns: the verdict and the number of findings' rules stay."""
    size = len(next(iter(world.rows.values())))
    order = chance.sample(range(size), size)
    names = chance.sample(list(world.rows), len(world.rows))
    mixed = {key: [world.rows[key][row] for row in order] for key in names}
    first = world.judged((name_of(kind), content(kind, world.rows)))[0]
    second = world.judged((name_of(kind), content(kind, mixed)))[0]
    assert second.verdict is first.verdict is Verdict.BLOCK
    assert {one.rule for one in second.findings} >= {"O19"}


def test_the_order_of_files_does_not_matter(world: World) -> None:
    """Each file is judged for itself."""
    files = [(name_of(kind), content(kind, SAFE)) for kind in ("csv", "xlsx", "parquet")]
    files.append(("leak.csv", content("csv", world.rows)))
    there = {one.path: one for one in world.judged(*files)}
    back = {one.path: one for one in world.judged(*files[::-1])}
    assert there == back

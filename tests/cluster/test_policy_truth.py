"""The truth table with real pods: what the documentation says is what the cluster does.

For each case: every row succeeds while no policy is there (the positive control), then the policies
are applied, then every row ends as the table says, twice. Reached but refused is neither open nor
blocked, and fails.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.conftest import NamespaceMaker
from tests.cluster.objects import Object, Objects, until
from tests.cluster.policy_table import (
    BLOCKED,
    OPEN,
    OUTSIDE,
    OWN_NODE,
    TABLE,
    Attempt,
    Case,
    placed,
)
from tests.cluster.policy_world import Key, PolicyWorld, a_policy_world

SETTLE_S = 20
"""How long an engine may take to notice; what it took is in the test's properties."""


@pytest.fixture(scope="module")
def world(objects: Objects, make_lasting_namespace: NamespaceMaker) -> Iterator[PolicyWorld]:
    """The pods of the table, once for all rows."""
    with a_policy_world(objects, make_lasting_namespace) as made:
        yield made


def wanted(rows: list[Attempt]) -> dict[Key, str]:
    """What the table says."""
    return {(row, family): row.v4 if family == 4 else row.v6 for row in rows for family in (4, 6)}


def missing(world: PolicyWorld, need: str) -> str:
    """Why rows with this need cannot be shown on this cluster, or nothing."""
    cluster = world.objects.cluster
    if need == OUTSIDE and cluster.instance is None:
        return "only the lab has addresses outside that the test owns"
    if need == OWN_NODE and not cluster.closes_own_node:
        return "this engine leaves a pod's own node open"
    return ""


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_truth(
    case: Case,
    world: PolicyWorld,
    subtests: pytest.Subtests,
    record_property: Callable[[str, object], None],
) -> None:
    """One case of the table: its controls, then its rows."""
    for need in ("", OWN_NODE, OUTSIDE):
        rows = [row for row in case.attempts if row.needs == need]
        reason = missing(world, need) if rows else ""
        if reason:
            with subtests.test(need or "pods"):
                pytest.skip(f"{len(rows)} rows: {reason}")  # told: that cluster cannot have them
    rows = [row for row in case.attempts if not missing(world, row.needs)]
    try:
        policies = [renamed(world, placed(one, world.places)) for one in case.policies]
    except KeyError as name:
        # a name of the lab's own network; elsewhere told as not tried, in the lab never
        pytest.skip(f"{len(rows)} rows: nothing here is called {name}; only in the lab")
    open_to_all = dict.fromkeys(wanted(rows), OPEN)
    settle(world, rows, open_to_all, "without policies")
    for policy in policies:
        world.objects.apply(policy)
    try:
        took = settle(world, rows, wanted(rows), case.says)
        record_property("settled_s", round(took, 2))
    finally:
        for policy in policies:
            world.objects.delete(policy)


def renamed(world: PolicyWorld, policy: Object) -> Object:
    """The policy in this run's namespace."""
    metadata = policy["metadata"] | {"namespace": world.names[policy["metadata"]["namespace"]]}
    return policy | {"metadata": metadata}


def settle(world: PolicyWorld, rows: list[Attempt], expected: dict[Key, str], says: str) -> float:
    """Wait until all rows are as expected, then see that they stay so; answer the seconds."""
    began = time.monotonic()
    last: dict[Key, str] = {}

    def as_expected() -> bool:
        last.update(world.outcomes(rows))
        return last == expected

    try:
        until(as_expected, SETTLE_S, says)
    except AssertionError:
        pytest.fail(f"{says}\n{difference(expected, last)}", pytrace=False)
    took = time.monotonic() - began
    if BLOCKED in expected.values():
        until(lambda: _holds(world, rows, expected, says), SETTLE_S, f"{says} It does not stay so.")
    return took


def _holds(world: PolicyWorld, rows: list[Attempt], expected: dict[Key, str], says: str) -> bool:
    """A packet that a busy machine lost is not a closed port, so ask again; a leak is a leak."""
    again = world.outcomes(rows)
    leaks = {key for key, seen in again.items() if expected[key] == BLOCKED != seen}
    assert not leaks, f"{says}\nand then: {difference(expected, again)}"
    return again == expected


def difference(expected: dict[Key, str], found: dict[Key, str]) -> str:
    """The rows that are not as they should be, one a line."""
    return "\n".join(
        f"{row.source} > {row.target} {row.protocol} {row.port} IPv{family}: "
        f"{found.get((row, family))}, not {outcome}"
        for (row, family), outcome in expected.items()
        if found.get((row, family)) != outcome
    )

"""The rows B1 to B5 and B8, and how the cost of one more workspace grows; each checks its results.

Whoever wrote other objects than we would has no figure: the run fails then.
"""

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from orchestrator.engines.kubernetes import names, records
from orchestrator.engines.kubernetes.client import KINDS, Client, Scope
from orchestrator.engines.kubernetes.differences import Key, key, metadata_of
from orchestrator.engines.kubernetes.environments import Environments, scopes
from orchestrator.engines.port import Spec
from orchestrator.reconciler.lane import LOOK_SECONDS
from tests.bench.cluster.contestants import Floor, Kopf, Official, collection
from tests.bench.cluster.place import Place
from tests.bench.cluster.rounds import Row, exponent, interleaved, milliseconds

AT_A_TIME = 4
"""Workspaces that the reconciler's lane has in hand at once."""
CALLERS = 8
OURS, FLOOR = "ours", "raw HTTP, all at once (floor)"
OFFICIAL, KOPF = "official client in sequence", "kopf"
DRIFTS = (("NetworkPolicy", "default-deny"), ("ResourceQuota", "workspace"), ("Role", "hub"))
"""What is deleted by hand in B4."""

_numbers = count(1)


@dataclass(frozen=True)
class Sizes:
    """How much is done: few minutes, or the sizes of the table."""

    rounds: int
    one: int
    burst: int
    workspaces: int
    drifts: int
    torn: int
    spawns: int


SMOKE = Sizes(rounds=1, one=1, burst=4, workspaces=30, drifts=2, torn=2, spawns=2)
"""Whether it works at all: no figure comes of it."""

QUICK = Sizes(rounds=3, one=5, burst=24, workspaces=100, drifts=10, torn=10, spawns=20)
USUAL = Sizes(rounds=5, one=15, burst=100, workspaces=1000, drifts=40, torn=60, spawns=60)
FULL = Sizes(rounds=5, one=30, burst=200, workspaces=2000, drifts=100, torn=60, spawns=60)


@dataclass
class Field:
    """Everybody who takes part, and what they have written."""

    place: Place
    sizes: Sizes
    engine: Environments
    floor: Floor
    official: Official
    kopf: Kopf

    def spec(self) -> Spec:
        """A workspace that was never there."""
        return self.place.spec(f"w{next(_numbers)}")

    def require(self, specs: Sequence[Spec], *, awake: bool = True) -> None:
        """Errors: RuntimeError where the API server has not what it should."""
        lacking = self.place.lacking(specs, awake=awake)
        if lacking:
            raise RuntimeError(f"{lacking} objects of {len(specs)} workspaces are not as wanted")


Write = Callable[[Spec], None]


def writers(field: Field) -> dict[str, Write]:
    """How each makes one workspace, ours first."""
    things = field.place.things
    return {
        OURS: lambda spec: _ensured(field.engine, spec),
        FLOOR: lambda spec: field.floor.write(things(spec)),
        OFFICIAL: lambda spec: field.official.write(things(spec)),
        KOPF: lambda spec: field.kopf.write(things(spec)),
    }


def _ensured(engine: Environments, spec: Spec) -> None:
    engine.ensure(spec)


def one_at_a_time(field: Field) -> Row:
    """B1: one workspace after the other."""
    specs: list[Spec] = []

    def part(write: Write) -> Callable[[int], list[float]]:
        def act(_: int) -> list[float]:
            mine = [field.spec() for _ in range(field.sizes.one)]
            specs.extend(mine)
            return [milliseconds(lambda spec=spec: write(spec)) for spec in mine]  # type: ignore[misc]

        return act

    row = Row("B1", "one workspace, all objects stored", "ms", "≤ 1.25× floor, ≤ 0.6× official")
    parts = {name: part(write) for name, write in writers(field).items()}
    row.samples = interleaved(parts, field.sizes.rounds)
    row.tell_floor(FLOOR, OFFICIAL)
    field.require(specs)
    return row


def burst(field: Field) -> Row:
    """B2: many workspaces at once; the floor and we have four in hand, as the reconciler does."""
    specs: list[Spec] = []

    def part(name: str, write: Write) -> Callable[[int], list[float]]:
        at_once = AT_A_TIME if name in (OURS, FLOOR) else CALLERS

        def act(_: int) -> list[float]:
            mine = [field.spec() for _ in range(field.sizes.burst)]
            specs.extend(mine)
            with ThreadPoolExecutor(at_once) as pool:
                took = milliseconds(lambda: list(pool.map(write, mine)))
            return [took / len(mine)]

        return act

    row = Row(
        "B2", f"{field.sizes.burst} workspaces at once", "ms each", "≤ 1.11× floor, ≤ 0.83× kopf"
    )
    parts = {name: part(name, write) for name, write in writers(field).items()}
    row.samples = interleaved(parts, min(3, field.sizes.rounds))
    row.tell_floor(FLOOR, KOPF)
    row.facts["kopf's memory"] = f"{field.kopf.memory_kb() / 1024:.0f} MB"
    row.facts["failures"] = 0  # a failure ends the run
    field.require(specs)
    return row


def asleep(engine: Environments, spec: Spec) -> None:
    """A workspace whose hub has no pod: metadata only."""
    engine.keep(records.Record(spec, asleep=True))
    engine.ensure(spec)


def growth(field: Field) -> tuple[Row, list[Spec]]:
    """What one more workspace costs when there are 10, 30, 100 … of them, without pods."""
    sizes = [size for size in (10, 30, 100, 300, 1000, 2000) if size <= field.sizes.workspaces]
    made: list[Spec] = []
    times: dict[str, list[list[float]]] = {}
    for size in sizes:
        more = [field.spec() for _ in range(size - len(made))]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            list(pool.map(lambda spec: asleep(field.engine, spec), more))
        made += more
        timed = [field.spec() for _ in range(5)]
        times[f"at {size}"] = [
            [milliseconds(lambda spec=spec: asleep(field.engine, spec)) for spec in timed]  # type: ignore[misc]
        ]
        made += timed
    row = Row(
        "growth",
        "one more workspace",
        "ms",
        "exponent ≤ 0.1 in the number of others",
        compared=False,
    )
    row.samples = times
    middles = [statistics.median(rounds[0]) for rounds in times.values()]
    row.facts["exponent"] = f"{exponent(sizes, middles):.3f} from {sizes[0]} to {sizes[-1]}"
    field.require(made, awake=False)
    return row, made


def resync(field: Field, specs: Sequence[Spec]) -> Row:
    """B3: a full turn over an unchanged world: looked at whole, and asked for once more."""
    sent: list[int] = []

    def ours(_: int) -> list[float]:
        before = field.engine.client.sent
        took = milliseconds(lambda: [field.engine.ensure(spec) for spec in specs])
        sent.append(field.engine.client.sent - before)
        return [took / len(specs)]

    def again(_: int) -> list[float]:
        some = specs[:: max(1, len(specs) // 20)]
        things = [one for spec in some for one in field.engine.wanted(spec)]
        took = milliseconds(lambda: [field.engine.client.apply(one) for one in things])
        return [took / len(some)]

    row = Row(
        "B3",
        f"{len(specs)} unchanged workspaces, one turn",
        "ms each",
        "0 requests; ≤ 0.02× re-apply",
    )
    row.samples = interleaved({OURS: ours, "re-apply, server-side": again}, field.sizes.rounds)
    row.facts["requests in all our turns"] = sum(sent)
    if sum(sent):
        raise RuntimeError(f"an unchanged world cost {sum(sent)} requests")
    return row


def _policy(space: str) -> Key:
    return Key("NetworkPolicy", space, "default-deny")


def drift(field: Field, specs: Sequence[Spec], keeps: Callable[[], Any]) -> Row:
    """B4: an object is deleted by hand; how long until it is there again, by one watch for all.

    The floor is a watch that answers the event with the one write, and looks at nothing else.
    """
    back: dict[tuple[str, str], threading.Event] = {}
    kinds = ("networkpolicies", "resourcequotas", "roles")
    paths = [f"{kind.group}/{kind.plural}" for kind in KINDS.values() if kind.plural in kinds]

    def seen(path: str) -> None:
        for event in Floor(field.place, None).watch(path):
            metadata = event["object"]["metadata"]
            waiting = back.get((event["object"]["kind"], metadata.get("namespace", "")))
            if event["type"] == "ADDED" and waiting is not None:
                waiting.set()

    for path in paths:
        threading.Thread(target=seen, args=(path,), daemon=True).start()
    bare = field.spec()
    field.floor.write(field.place.things(bare, awake=False))
    _mended_by_floor(field, bare, paths)
    admin = Client(field.place.here.access(field.place.account))
    time.sleep(1)

    def part(spec: Callable[[int], Spec]) -> Callable[[int], list[float]]:
        def act(number: int) -> list[float]:
            found = []
            for index in range(field.sizes.drifts):
                space = names.namespace(spec(number * field.sizes.drifts + index).project)
                for kind, name in DRIFTS:
                    done = back[kind, space] = threading.Event()
                    begun = time.perf_counter()
                    admin.delete(Key(kind, space, name))
                    if not done.wait(30):
                        raise RuntimeError(f"{kind} of {space} did not come back")
                    found.append((time.perf_counter() - begun) * 1000)
            return found

        return act

    row = Row(
        "B4",
        "policy, quota or role deleted by hand, until it is back",
        "ms",
        "≤ 5× floor, aim ≤ 100 ms",
    )
    with keeps():
        row.samples = interleaved(
            {
                OURS: part(lambda n: specs[n % len(specs)]),
                "watch and one write (floor)": part(lambda n: bare),
            },
            field.sizes.rounds,
        )
    row.facts["kopf"] = "never: its handler does not watch what it made"
    admin.close()
    return row


def _mended_by_floor(field: Field, spec: Spec, paths: Sequence[str]) -> None:
    wanted = {key(one): one for one in field.place.things(spec, awake=False)}
    floor = Floor(field.place, field.place.account)

    def follow(path: str) -> None:
        for event in floor.watch(path):
            thing = wanted.get(key(event["object"]))
            if event["type"] == "DELETED" and thing is not None:
                floor.ask("POST", collection(thing), thing)

    for path in paths:
        threading.Thread(target=follow, args=(path,), daemon=True).start()


def removed(engine: Environments, pool: Executor, specs: Sequence[Spec]) -> None:
    """Remove projects as the reconciler does: look at each that is left, again and again."""
    left = list(specs)
    while left:
        remains = pool.map(lambda spec: engine.remove(spec.project), left)
        left = [spec for spec, what in zip(left, remains, strict=True) if what.ending]
        time.sleep(LOOK_SECONDS)


def teardown(field: Field, many: int) -> Row:
    """B5: workspaces with all objects, until their namespaces are gone."""

    def gone(spaces: Sequence[str]) -> None:
        admin = Client(field.place.here.access())
        left = set(spaces)
        while left:
            left &= {str(metadata_of(one)["name"]) for one in admin.list(Scope("Namespace")).items}
            time.sleep(0.1)
        admin.close()

    def delete(spaces: Sequence[str]) -> None:
        for space in spaces:
            field.floor.ask("DELETE", f"api/v1/namespaces/{space}")
        gone(spaces)

    def ours(_: int) -> list[float]:
        specs = [field.spec() for _ in range(many)]
        for spec in specs:
            asleep(field.engine, spec)
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            return [milliseconds(lambda: removed(field.engine, pool, specs))]

    def whole(_: int) -> list[float]:
        specs = [field.spec() for _ in range(many)]
        for spec in specs:
            field.floor.write(field.place.things(spec, awake=False))
        return [milliseconds(lambda: delete([names.namespace(spec.project) for spec in specs]))]

    def empty(_: int) -> list[float]:
        spaces = [field.place.things(field.spec())[0] for _ in range(many)]
        for space in spaces:
            field.floor.ask("POST", "api/v1/namespaces", space)
        return [milliseconds(lambda: delete([key(space).name for space in spaces]))]

    row = Row(f"B5 ({many})", f"{many} workspaces removed, until their namespaces are gone", "ms",
              "≤ 1.1× floor" if many == 1 else "≤ 1.3× floor")  # fmt: skip
    parts = {
        OURS: ours,
        "empty namespaces (floor)": empty,
        "plain deletion of the namespace": whole,
    }
    row.samples = interleaved(parts, min(2, field.sizes.rounds))
    return row


def restart(field: Field, specs: Sequence[Spec]) -> Row:
    """B8: a new process until every workspace was looked at once; its memory for each."""
    folder = Path(".tre/bench")
    asked = folder / "asked.json"
    asked.write_text(json.dumps([spec.project for spec in specs]))
    said: list[dict[str, float]] = []

    def ours(_: int) -> list[float]:
        words = [
            sys.executable,
            "-m",
            "tests.bench.cluster.restarting",
            str(field.place.kubeconfig),
        ]
        done = subprocess.run(
            [*words, field.place.here.cluster.system, field.place.here.prefix, str(asked)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        said.append(json.loads(done.stdout.splitlines()[-1]))
        if said[-1]["requests"]:
            raise RuntimeError("a restart asked for more than one list and one watch of each kind")
        return [said[-1]["milliseconds"]]

    def lists(_: int) -> list[float]:
        client = Client(field.place.here.access(field.place.account))
        looked = [scope for scope, _ in scopes(field.place.here.cluster)]
        took = milliseconds(lambda: [client.list(scope) for scope in looked])
        client.close()
        return [took]

    row = Row("B8", f"restart with {len(specs)} workspaces, until the first full turn", "ms",
              "≤ 1.5× one LIST of every kind; ≤ 100 KB each")  # fmt: skip
    row.samples = interleaved(
        {OURS: ours, "one LIST of every kind (floor)": lists}, field.sizes.rounds
    )
    each = statistics.median(one["memory_kb"] for one in said) / len(specs)
    row.facts["memory for each workspace"] = f"{each:.0f} KB"
    return row

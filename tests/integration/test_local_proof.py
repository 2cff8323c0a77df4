"""The proof itself is broken on purpose: whatever is weakened, it never says *safe*.

Source: design property 7, egress section 7.
"""

import base64
import errno
import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engines.local import canaries, images, proof
from orchestrator.engines.local.proof import Changes
from orchestrator.engines.port import Outcome, Probe, proved
from orchestrator.sandbox.arguments import Bind, Box
from orchestrator.sandbox.uids import Uids
from tests import local_world

AS_ROOT = os.geteuid() == 0


@dataclass
class Bench:
    """Runs the proof with something broken."""

    folder: Path

    def prove(self, **changes: Any) -> dict[str, Probe]:
        given = local_world.settings(self.folder)
        probes = proof.prove(
            local_world.layout(self.folder),
            Uids(given.state_dir),
            images.image_path(given, "workspace"),
            given,
            None,
            Changes(**changes),
        )
        return {probe.id: probe for probe in probes}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with ExitStack() as stack:
        _, folder = stack.enter_context(local_world.world())
        yield Bench(folder)


def _open(found: dict[str, Probe]) -> set[str]:
    assert not proved(list(found.values()))
    return {name for name, probe in found.items() if probe.outcome is Outcome.OPEN}


def test_as_shipped_it_holds_and_leaves_nothing(bench: Bench) -> None:
    found = bench.prove()
    assert proved(list(found.values()))
    assert len(found) >= 60
    held = [probe for probe in found.values() if probe.outcome is Outcome.HELD]
    assert len(held) >= 40
    rows = {name.split(".")[0] for name in found}
    wanted = (
        "E01 E02 E03 E04 E05 E06 E07 E11 E12 E13 E14 E15 E40 E41 E43 E44 E45 E49 E50 E51 E53 E54"
    )
    assert set(wanted.split()) <= rows
    left = [path.name for path in local_world.layout(bench.folder).run.glob("proof-*")]
    assert left == []
    assert _traces() == []
    with canaries.decoys(None) as made:
        assert {Path(str(made[name])) for name in ("shm", "folder")} == set(_traces())
    assert _traces() == []


def _traces() -> list[Path]:
    """What proofs of this process left; others may be proving, or were killed while they did."""
    ours = f"tre-proof-{os.getpid()}-*"
    return [*Path("/dev/shm").glob(ours), *Path(tempfile.gettempdir()).glob(ours)]


def test_the_hosts_network(bench: Bench) -> None:
    found = _open(bench.prove(box=lambda box: replace(box, share_net=True)))
    rows = {name.split(".")[0] for name in found}
    assert {"E01", "E02", "E05", "E11", "E14"} <= rows
    assert {"E01.interfaces", "E01.canary-log", "E14.abstract-socket"} <= found


def _writable_data(box: Box) -> Box:
    binds = [
        replace(bind, writable=True) if bind.target.startswith("/data/") else bind
        for bind in box.binds
    ]
    return replace(box, binds=tuple(binds))


def test_writable_data(bench: Bench) -> None:
    found = _open(bench.prove(box=_writable_data))
    assert {"E41.create", "E41.append"} <= found
    if not AS_ROOT:
        assert {"E41.change-mode", "E41.touch"} <= found


def test_the_homes_of_all(bench: Bench) -> None:
    homes = str(local_world.layout(bench.folder).homes)
    found = _open(bench.prove(box=lambda box: _bound(box, homes)))
    assert {"E40.homes", "E13.mounts"} <= found


def test_the_state_folder(bench: Bench) -> None:
    state = str(local_world.settings(bench.folder).state_dir)
    assert {"E13.state", "E13.mounts"} <= _open(bench.prove(box=lambda box: _bound(box, state)))


def test_the_folder_of_sockets(bench: Bench) -> None:
    sockets = str(local_world.layout(bench.folder).run)
    assert {"E13.run", "E13.mounts"} <= _open(bench.prove(box=lambda box: _bound(box, sockets)))


def _bound(box: Box, path: str) -> Box:
    return replace(box, binds=(*box.binds, Bind(path, path)))


def test_the_hosts_devices(bench: Bench) -> None:
    found = _open(bench.prove(box=lambda box: _bound(box, "/sys")))
    assert "E45.sys" in found


def test_another_variable(bench: Bench) -> None:
    surprise = ("KUBERNETES_SERVICE_HOST", "x")
    found = bench.prove(box=lambda box: replace(box, environment=(*box.environment, surprise)))
    assert _open(found) == {"E15.environment"}


def _with_words(order: dict[str, object], words: list[str]) -> dict[str, object]:
    arguments = order["arguments"]
    assert isinstance(arguments, list)
    return order | {"arguments": [*arguments, *words]}


def _without_filter(order: dict[str, object]) -> dict[str, object]:
    allow = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
    return order | {"filters": [base64.b64encode(allow).decode()] * 2}


def test_no_system_call_filter(bench: Bench) -> None:
    found = _open(bench.prove(order=_without_filter))
    assert {"E53.key-ring", "E49.vsock", "E54.trace-call", "E45.clone3"} <= found
    assert {"E54.typing-bits", "E49.uevent"} <= found


def _without(order: dict[str, object], *words: str) -> dict[str, object]:
    arguments = order["arguments"]
    assert isinstance(arguments, list)
    return order | {"arguments": [word for word in arguments if word not in words]}


def test_nested_namespaces_and_no_filter(bench: Bench) -> None:
    found = _open(
        bench.prove(order=lambda order: _without(_without_filter(order), "--disable-userns"))
    )
    assert {"E45.user-namespace", "E45.user-clone"} <= found


def test_the_hosts_processes(bench: Bench) -> None:
    def shared(order: dict[str, object]) -> dict[str, object]:
        rest = ["--unshare-user", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
        return _with_words(_without(order, "--unshare-all"), rest)

    found = _open(bench.prove(order=shared))
    assert {"E44.seen", "E44.kill"} <= found


def test_the_hosts_messages(bench: Bench) -> None:
    def shared(order: dict[str, object]) -> dict[str, object]:
        rest = ["--unshare-user", "--unshare-net", "--unshare-pid", "--unshare-uts"]
        return _with_words(_without(order, "--unshare-all"), rest)

    assert {"E53.segment", "E53.queue"} <= _open(bench.prove(order=shared))


def test_an_inherited_descriptor(bench: Bench) -> None:
    leak = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    try:

        def leaking(order: dict[str, object]) -> dict[str, object]:
            kept = order["keep"]
            assert isinstance(kept, list)
            return order | {"keep": [*kept, leak]}

        assert "E50.descriptors" in _open(bench.prove(order=leaking))
    finally:
        os.close(leak)


def test_kernel_settings_uncovered_are_still_closed_by_the_uid(bench: Bench) -> None:
    """Two walls: the cover, and a host uid that is not root. One alone holds."""
    found = bench.prove(box=lambda box: replace(box, covered=(), masked=()))
    assert found["E45.core-pattern"].outcome is not Outcome.OPEN
    assert errno.errorcode[errno.EACCES] in found["E45.core-pattern"].evidence


def test_a_control_that_breaks_is_inconclusive_not_safe(bench: Bench) -> None:
    found = bench.prove(control=lambda answers: {})
    outcomes = {probe.outcome for probe in found.values()}
    assert Outcome.INCONCLUSIVE in outcomes
    assert found["E11.tcp-lo"].outcome is Outcome.INCONCLUSIVE
    assert not proved(list(found.values()))


def test_a_door_that_does_not_work_is_inconclusive_not_safe(bench: Bench) -> None:
    def closed(box: Box) -> Box:
        binds = [
            replace(bind, source="/dev/null") if bind.target == "/run/tre/packages" else bind
            for bind in box.binds
        ]
        return replace(box, binds=tuple(binds))

    found = bench.prove(box=closed)
    assert not proved(list(found.values()))
    assert found["E01.interfaces"].outcome is Outcome.INCONCLUSIVE


def test_an_empty_proof_proves_nothing() -> None:
    assert not proved([])

"""Every kind of work of the reconciler is somebody's: what stands in no lane is never done."""

import importlib
import pkgutil

from orchestrator import reconciler
from orchestrator.reconciler.lane import Work
from orchestrator.reconciler.loop import LANES


def test_every_kind_of_work_has_its_lane() -> None:
    """Once, because a lane keeps a row from being worked on twice at a time."""
    modules = pkgutil.iter_modules(reconciler.__path__, f"{reconciler.__name__}.")
    found = {
        id(value)
        for module in modules
        for value in vars(importlib.import_module(module.name)).values()
        if isinstance(value, Work)
    }
    laid = [id(work) for works, _ in LANES.values() for work in works]
    assert sorted(laid) == sorted(found)

"""Run the makers of a script one by one, so that one library that is missing stops no other."""

import sys
import traceback
from collections.abc import Callable

_makers: list[Callable[[], None]] = []


def maker(make: Callable[[], None]) -> Callable[[], None]:
    """Note a function that makes files."""
    _makers.append(make)
    return make


def run() -> None:
    """Run all makers, or those that are named."""
    for make in _makers:
        if len(sys.argv) == 1 or make.__name__ in sys.argv[1:]:
            try:
                make()
            except Exception:
                print(f"{make.__name__} made nothing:", traceback.format_exc(limit=-3))

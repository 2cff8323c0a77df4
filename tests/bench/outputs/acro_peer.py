"""Run where `acro` is installed, nothing else: hand it each file of a folder, print its status.

ACRO judges the tables that are made with it; a finished file can only be handed over as a custom
output. Prints one JSON object: path to status. Run: PYTHON tests/bench/outputs/acro_peer.py FOLDER
"""

import contextlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path

import acro


def main() -> None:
    """Add every file and print what became of it."""
    folder = Path(sys.argv[1]).resolve()
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(io.StringIO()):
        os.chdir(scratch)
        session = acro.ACRO(suppress=False)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                session.custom_output(str(path), "a file of the corpus")
        for record in session.results.results.values():
            found[Path(record.output[0]).name] = record.status
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()

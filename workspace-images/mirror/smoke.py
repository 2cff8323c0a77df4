"""Every wheel of the list is there, is what the list says, and nothing else lies beside it."""

import hashlib
import json
from pathlib import Path

tree = Path("/mirror/current")
rows = json.loads((tree / "list.json").read_text())["wheels"]
assert len(rows) > 5
assert {row["file"] for row in rows} == {path.name for path in (tree / "wheels").iterdir()}
for row in rows:
    content = (tree / "wheels" / row["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == row["sha256"], row["file"]

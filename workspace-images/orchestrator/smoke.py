"""Smoke test of our image: modules import, the command answers, policies are whole, eyes read."""

import importlib
import io
import pkgutil
import subprocess
import sys

from PIL import Image, ImageDraw

import orchestrator
from orchestrator.outputs.readers import ocr
from orchestrator.policy.load import load
from orchestrator.settings import Settings


def main() -> int:
    """Import everything that is no program of its own, and ask for version and policies."""
    count = 0
    for found in pkgutil.walk_packages(orchestrator.__path__, "orchestrator."):
        if found.name.rpartition(".")[2] not in ("__main__", "env") and ".cells" not in found.name:
            importlib.import_module(found.name)
            count += 1
    page = Image.new("RGB", (420, 60), "white")
    ImageDraw.Draw(page).text((20, 15), "Randomised n = 377", fill="black", font_size=24)
    page.save(picture := io.BytesIO(), "PNG")
    assert "377" in ocr.laid_out(ocr.words(picture.getvalue(), "PNG") or []), (
        "no words are read in pictures"
    )
    names = load(Settings().policies_dir).names()
    said = subprocess.check_output(["/opt/tre/bin/tre", "version"], text=True)
    assert said.strip() == orchestrator.__version__
    print(f"tre {orchestrator.__version__}: {count} modules, {len(list(names))} policies")
    return 0


if __name__ == "__main__":
    sys.exit(main())

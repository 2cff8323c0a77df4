"""`python -m tests.cluster.probe_image FILE`: the probe's image, to push for a cluster of yours."""

import sys
from pathlib import Path

from tests.cluster.cluster import probe_archive

if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(probe_archive())

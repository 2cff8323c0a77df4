"""A process that begins: `python -m tests.bench.cluster.restarting KUBECONFIG SYSTEM PREFIX FILE`.

It watches, then asks for every workspace once, as the reconciler does, and prints how long that
took, how many requests that cost once it had begun to look, and how much memory it took.
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from orchestrator.engines.kubernetes.client import Access, Client
from orchestrator.engines.kubernetes.environments import Environments
from tests.kubernetes_world import CLUSTER, a_spec


def memory_kb() -> int:
    """What this process holds in memory now."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS:")))


if __name__ == "__main__":
    kubeconfig, system, prefix, file = sys.argv[1:]
    cluster = replace(
        CLUSTER, system=system, check=f"{system}-check", user_namespaces=False, second_wall=False
    )
    account = f"system:serviceaccount:{system}:reconciler"
    specs = [a_spec(project, "ada", "grace") for project in json.loads(Path(file).read_text())]
    client = Client(Access(Path(kubeconfig), impersonate=account))
    before, begun = memory_kb(), time.perf_counter()
    engine = Environments(client, cluster)
    engine.start(120)
    started = client.sent
    for spec in specs:
        engine.ensure(spec)
    took = (time.perf_counter() - begun) * 1000
    told = {"milliseconds": took, "requests": client.sent - started}
    print(json.dumps(told | {"memory_kb": memory_kb() - before}))
    engine.close()

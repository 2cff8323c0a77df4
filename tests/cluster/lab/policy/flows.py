"""[pure] The kernel's open flows, as `conntrack -L` prints them, and which of them must end."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from tests.cluster.lab.policy.judge import Flow, allowed
from tests.cluster.lab.policy.world import Address, World

_FIELD = re.compile(r"\b(src|dst|sport|dport|type|id)=(\S+)")


@dataclass(frozen=True)
class Tracked:
    """One open flow: as it was begun, and the end that it reaches after address translation.

    `port` is where it reaches, `asked_port` where it was sent to, `own_port` where it came from;
    all three are 0 for protocols without.
    """

    protocol: str
    source: Address
    asked: Address
    target: Address
    own_port: int
    asked_port: int
    port: int

    def words(self) -> list[str]:
        """How to name it to `conntrack`."""
        family = "ipv4" if self.source.version == 4 else "ipv6"
        protocol = "icmpv6" if (self.protocol, family) == ("icmp", "ipv6") else self.protocol
        named = ["-f", family, "-p", protocol, "-s", str(self.source), "-d", str(self.asked)]
        if self.protocol == "icmp":
            return named
        return [*named, "--sport", str(self.own_port), "--dport", str(self.asked_port)]


def read_flows(listed: str) -> Iterator[Tracked]:
    """Read lines of `conntrack -L`; each names both ways of its flow, the asking one first."""
    for line in listed.splitlines():
        protocol = line.split(maxsplit=1)[0].removesuffix("v6") if line.strip() else ""
        fields = _FIELD.findall(line)
        sources, targets = ([value for key, value in fields if key == k] for k in ("src", "dst"))
        if len(sources) != 2 or len(targets) != 2:
            continue
        own = [int(value) for key, value in fields if key == "sport"]
        asked = [int(value) for key, value in fields if key == "dport"]
        yield Tracked(
            protocol,
            ip_address(sources[0]),
            ip_address(targets[0]),
            ip_address(sources[1]),  # who answers is who was reached
            own[0] if own else 0,
            asked[0] if asked else 0,
            own[1] if own else 0,
        )


def closed_now(world: World, flows: Iterable[Tracked]) -> Iterator[Tracked]:
    """The flows that the world does not allow. An end is a pod when the world knows it as one:
    flows of pods that are gone end with their interface.
    """
    pods = {address for pod in world.pods for address in pod.addresses}
    for flow in flows:
        asked = Flow(flow.source, flow.target, flow.protocol, flow.port)
        if not allowed(
            world, asked, source_is_pod=flow.source in pods, target_is_pod=flow.target in pods
        ):
            yield flow

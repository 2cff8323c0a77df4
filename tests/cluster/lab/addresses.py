"""[pure] Names and addresses of an instance: all follow from its number.

Addresses are those that are set aside for measuring networks (198.18.0.0/15, RFC 2544;
2001:2::/48, RFC 5180), so an instance never stands in the way of somebody's real network.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

INSTANCES = 100
UPLINK = "up0"
"""The instance's only interface besides its loopback and its pods'."""

API_PORT = 6443
NODE = "node"


@dataclass(frozen=True)
class Addresses:
    """The names and addresses of instance `number`, 0 to `INSTANCES` - 1."""

    number: int

    def __post_init__(self) -> None:
        assert 0 <= self.number < INSTANCES, f"there is no instance {self.number}"

    @property
    def link(self) -> str:
        """The machine's end of the uplink; who holds this name holds the number."""
        return f"trelab{self.number}"

    @property
    def cgroup(self) -> str:
        """The control group below which all pods live, in every hierarchy."""
        return f"tre-lab-{self.number}"

    def _v4(self, last: int) -> str:
        return f"198.18.{self.number}.{last}"

    def _v6(self, net: int, last: int) -> str:
        return f"2001:2:0:{self.number:x}{net:02x}::{last:x}"

    @property
    def machine(self) -> tuple[str, str]:
        """The machine as the instance sees it: an address outside the cluster."""
        return self._v4(1), self._v6(0, 1)

    @property
    def machine_too(self) -> tuple[str, str]:
        """A second one, for blocks with exceptions."""
        return self._v4(5), self._v6(0, 5)

    @property
    def node(self) -> tuple[str, str]:
        """The node."""
        return self._v4(2), self._v6(0, 2)

    @property
    def block(self) -> tuple[str, str]:
        """The network that holds machine and node."""
        return f"198.18.{self.number}.0/24", f"2001:2:0:{self.number:x}00::/64"

    @property
    def pods(self) -> tuple[str, str]:
        """Where pods get their addresses."""
        return f"198.19.{self.number}.0/24", f"2001:2:0:{self.number:x}01::/64"

    @property
    def services(self) -> tuple[str, str]:
        """Where services get theirs."""
        return f"198.19.{128 + self.number}.0/24", f"2001:2:0:{self.number:x}02::/112"

    @property
    def first_services(self) -> tuple[str, str]:
        """The address of the API server's own service."""
        four, six = self.services
        return str(IPv4Network(four)[1]), str(IPv6Network(six)[1])

    @property
    def api(self) -> str:
        """The API server, from the machine, the node and pods alike."""
        return f"https://{self.node[0]}:{API_PORT}"

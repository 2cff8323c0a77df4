"""Which addresses can be a pod's; a table of everything that looks like one and is not."""

import pytest

from orchestrator.engines.kubernetes.cluster import Ports
from orchestrator.errors import Invalid
from orchestrator.link import addresses
from orchestrator.link.addresses import Reach, Target, host_of, reach, spelled

ANY = Reach()
KNOWN = reach("198.19.0.0/24, 2001:2:0:1::/64", "198.19.0.1, 2001:2:0:1::1")


@pytest.mark.parametrize("text", ["198.19.0.7", "10.1.2.3", "2001:2:0:1::7", "fd12:3456::1"])
def test_an_address_of_a_pod(text: str) -> None:
    assert ANY.pod(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "169.254.169.254", "169.254.0.1",
        "fe80::1", "fe80::1%eth0", "2001:2:0:1::7%1", "fd00:ec2::254", "100.100.100.200",
        "168.63.129.16", "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1",
        "::ffff:10.1.2.3", "::ffff:127.0.0.1", "2002:7f00:1::1", "010.1.2.3", "10.1.2", "167838211",
        "0x0a010203", "10.1.2.3 ", " 10.1.2.3", "10.1.2.3\n", "10.1.2.3/32", "10.1.2.3:8888",
        "notebook", "localhost", "", "2001:2:0:1:0::7", "2001:2:0:1::0007", "[2001:2:0:1::7]",
        None, 167838211, b"10.1.2.3", ["10.1.2.3"],
    ],
)  # fmt: skip
def test_what_is_none(text: object) -> None:
    assert ANY.pod(text) is None


def test_networks_and_nodes_narrow_it() -> None:
    assert KNOWN.pod("198.19.0.7") == "198.19.0.7"
    assert KNOWN.pod("2001:2:0:1::7") == "2001:2:0:1::7"
    for foreign in ("198.19.1.7", "10.1.2.3", "2001:2:0:2::7", "198.19.0.1", "2001:2:0:1::1"):
        assert KNOWN.pod(foreign) is None, foreign
    assert reach("", "10.1.2.3").pod("10.1.2.3") is None
    assert KNOWN.is_node("198.19.0.1")
    assert not KNOWN.is_node("198.19.0.7")
    assert not KNOWN.is_node("nonsense")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("10.1.2.3:8888", Target("10.1.2.3", 8888)),
        ("[2001:2:0:1::7]:8888", Target("2001:2:0:1::7", 8888)),
        ("2001:2:0:1::7:8888", None),
        ("10.1.2.3", None),
        ("10.1.2.3:8889", None),
        ("10.1.2.3:08888", None),
        ("[10.1.2.3]:8888", None),
        ("10.1.2.3:8888:8888", None),
        ("10.1.2.3:8888/x", None),
        ("u@10.1.2.3:8888", None),
        ("127.0.0.1:8888", None),
        ("[::1]:8888", None),
        (":8888", None),
        (None, None),
    ],
)
def test_a_target_has_exactly_its_port(text: object, target: Target | None) -> None:
    assert ANY.target(text, 8888) == target
    if target is not None:
        assert spelled(target) == text
        assert host_of(str(text)) == target.host


@pytest.mark.parametrize("pair", [("10.0.0.0/8 10.1.0.0/16", ""), ("10.0.0.1/8", ""), ("", "node")])
def test_settings_that_are_no_addresses_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(Invalid, match="with commas"):
        reach(*pair)


def test_ports_are_those_of_the_engine() -> None:
    ports = Ports()
    assert (ports.hub, ports.packages, ports.airlock) == (
        addresses.HUB_DOOR,
        addresses.PACKAGES_DOOR,
        addresses.AIRLOCK_DOOR,
    )
    assert (ports.server, ports.project_hub) == (addresses.SERVER, addresses.PROJECT_HUB)
    assert addresses.DOORS_HEALTH not in vars(ports).values()

"""What is known of a cluster: time never runs backwards for one object, and groups do not mix."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engines.kubernetes.client import Access, Client, Gone, Page, Scope
from orchestrator.engines.kubernetes.differences import Key
from orchestrator.engines.kubernetes.watching import Patience, Watched, World, volumes_of
from orchestrator.errors import Unavailable

KUBECONFIG = """
{apiVersion: v1, kind: Config, current-context: c,
 clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}],
 users: [{name: c, user: {}}], contexts: [{name: c, context: {cluster: c, user: c}}]}
"""


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """A client of a cluster that is not there."""
    file = tmp_path / "kubeconfig"
    file.write_text(KUBECONFIG)
    return Client(Access(file))


@pytest.fixture
def watched(client: Client) -> Watched:
    """A watch of policies that keeps those of project a."""

    def keeps(thing: Any) -> bool:
        return bool(thing["metadata"]["namespace"] == "tre-a")

    changed = threading.Condition(threading.RLock())
    return Watched(client, Scope("NetworkPolicy"), keeps, changed, Counter())


def _policy(version: int, uid: str = "1", space: str = "tre-a") -> dict[str, Any]:
    metadata = {"name": "p", "namespace": space, "uid": uid, "resourceVersion": str(version)}
    return {"kind": "NetworkPolicy", "metadata": metadata}


WHERE = Key("NetworkPolicy", "tre-a", "p")


def test_an_older_view_changes_nothing(watched: Watched) -> None:
    watched.put(_policy(7))
    watched.put(_policy(5))
    watched.put(_policy(6, uid="0"))
    assert watched.get(WHERE) == _policy(7)
    watched.put(_policy(8))
    assert watched.get(WHERE) == _policy(8)
    assert watched.group("tre-a") == {WHERE: _policy(8)}


def test_what_one_gets_is_ones_own(watched: Watched) -> None:
    """Whoever changes it changes nothing for others."""
    watched.put(_policy(7))
    for seen in (watched.get(WHERE), watched.group("tre-a")[WHERE]):
        assert seen is not None
        seen.clear()
    assert watched.get(WHERE) == _policy(7)


class Paged(Client):
    """A client whose lists come in pages; a `None` among them is a moment that is over."""

    answers: Sequence[Page | None] = ()

    def pages(self, scope: Scope) -> Iterator[Page]:
        """Give one after the other."""
        for page in self.answers:
            if page is None:
                raise Gone("The cluster forgot that version.", code="too_old")
            yield page


def test_a_list_in_pages_is_one_list(tmp_path: Path) -> None:
    """Nothing is taken for gone before the last page was read."""
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)
    client = Paged(Access(tmp_path / "kubeconfig"))
    one, other, third = (
        {**_policy(5), "metadata": {**_policy(5)["metadata"], "name": name, "uid": name}}
        for name in ("a", "b", "c")
    )
    changed = threading.Condition(threading.RLock())
    watched = Watched(client, Scope("NetworkPolicy"), lambda _: True, changed, Counter())
    watched.put(third)
    client.answers = (Page((one,), "9"), None)
    with pytest.raises(Gone):
        watched._list(Patience())
    assert {where.name for where in watched.group("tre-a")} == {"a", "c"}
    assert not watched.lists
    client.answers = (Page((one,), "9"), Page((other,), "9"))
    assert watched._list(Patience()) == "9"
    assert {where.name for where in watched.group("tre-a")} == {"a", "b"}


def test_what_is_gone_stays_gone_and_its_successor_stays(watched: Watched) -> None:
    watched.put(_policy(7))
    watched.drop(_policy(8))
    assert watched.get(WHERE) is None
    watched.put(_policy(9))
    assert watched.get(WHERE) is None, "an event of the dead one came late"
    watched.put(_policy(10, uid="2"))
    watched.drop(_policy(8))
    assert watched.get(WHERE) == _policy(10, uid="2")
    assert watched.group("tre-a") == {WHERE: _policy(10, uid="2")}


def test_what_does_not_matter_is_not_kept(watched: Watched) -> None:
    watched.put(_policy(7, space="shop"))
    assert watched.group("shop") == {}
    assert watched.get(Key("NetworkPolicy", "shop", "p")) is None


def test_it_is_known_whose_object_changed(client: Client) -> None:
    """Also of one that somebody made by hand, without a label of ours; once, until it is asked."""
    kinds = ("Namespace", "NetworkPolicy", "ConfigMap", "Pod")
    world = World(client, [(Scope(kind), lambda thing: True) for kind in kinds], Patience())
    world.put(_policy(1, space="tre-by-hand"))
    labelled = {"name": "project-a", "namespace": "tre", "uid": "2", "resourceVersion": "2"}
    world.put({"kind": "ConfigMap", "metadata": labelled | {"labels": {"tre.project": "a"}}})
    world.put({"kind": "Namespace", "metadata": {"name": "tre-b", "resourceVersion": "3"}})
    world.put({"kind": "Pod", "metadata": {"name": "p", "namespace": "tre-c"}})
    assert world.touched(0)
    assert world.take_touched() == {"by-hand", "a", "b"}
    assert not world.touched(0)
    world.put(_policy(1, space="tre-by-hand"))
    assert not world.touched(0), "an event that came twice"
    world.kinds["NetworkPolicy"].drop(_policy(2, space="tre-by-hand"))
    assert world.take_touched() == {"by-hand"}
    assert (world.changes("by-hand"), world.changes("a"), world.changes("c")) == (2, 1, 0)


def test_a_projects_volumes_are_volumes_and_no_namespace(client: Client) -> None:
    """The namespace carries the same label, and whoever deletes volumes must not meet it."""
    scopes = [(Scope(kind), lambda thing: True) for kind in ("Namespace", "PersistentVolume")]
    world = World(client, scopes, Patience())
    metadata = {"labels": {"tre.project": "a"}, "resourceVersion": "1"}
    world.put({"kind": "Namespace", "metadata": metadata | {"name": "tre-a", "uid": "1"}})
    world.put({"kind": "PersistentVolume", "metadata": metadata | {"name": "v", "uid": "2"}})
    other = {"labels": {"tre.project": "b"}, "resourceVersion": "1", "name": "w", "uid": "3"}
    world.put({"kind": "PersistentVolume", "metadata": other})
    assert set(world.group(volumes_of({"tre.project": "a"}))) == {Key("PersistentVolume", "", "v")}


def test_a_cluster_that_is_not_there(client: Client) -> None:
    world = World(client, [(Scope("Namespace"), lambda thing: True)], Patience(longest_pause=0.1))
    with pytest.raises(Unavailable, match="does not answer"):
        world.start(0.5)
    world.close()


def test_without_credentials(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no credentials"):
        Client(Access(tmp_path / "nothing"))

"""The argument list of a sandbox, compared whole: a change shows as a difference."""

import pytest

from orchestrator.sandbox.arguments import FIXED, Bind, Box, Text, Tmpfs, arguments, etc

BOX = Box(
    command=("/usr/bin/true", "--now"),
    hostname="workspace",
    workdir="/home/researcher",
    binds=(Bind("/usr", "/usr"), Bind("/srv/homes/a", "/home/researcher", writable=True)),
    links=(("usr/bin", "/bin"),),
    tmpfs=(Tmpfs("/tmp", 4096, 0o1777),),
    texts=(Text("/etc/hosts", "127.0.0.1 localhost\n"), Text("/etc/resolv.conf", "")),
    covered=("/proc/sys",),
    masked=("/proc/kcore",),
    environment=(("HOME", "/home/researcher"), ("TOKEN", "secret")),
)

GOLDEN = """
--unshare-all --unshare-user --unshare-cgroup --disable-userns --new-session --die-with-parent
--cap-drop ALL --clearenv
--hostname workspace --uid 1000 --gid 1000
--add-seccomp-fd 10 --add-seccomp-fd 11
--proc /proc --dev /dev
--perms 1777 --size 4096 --tmpfs /tmp
--ro-bind /usr /usr
--bind /srv/homes/a /home/researcher
--perms 0444 --file 12 /etc/hosts
--perms 0444 --file 13 /etc/resolv.conf
--symlink usr/bin /bin
--perms 0555 --size 4096 --tmpfs /proc/sys --remount-ro /proc/sys
--ro-bind /dev/null /proc/kcore
--remount-ro /dev --remount-ro /
--setenv HOME /home/researcher --setenv TOKEN secret
--chdir /home/researcher
"""


def test_the_whole_list() -> None:
    assert arguments(BOX) == GOLDEN.split()


def test_staged_places_replace_the_sources_and_nothing_else() -> None:
    expected = GOLDEN.replace("--ro-bind /usr", "--ro-bind /tmp/0")
    expected = expected.replace("--bind /srv/homes/a", "--bind /tmp/1")
    assert arguments(BOX, ["/tmp/0", "/tmp/1"]) == expected.split()


def test_every_bind_needs_its_place() -> None:
    with pytest.raises(AssertionError):
        arguments(BOX, ["/tmp/0"])


def test_only_a_role_box_shares_the_network() -> None:
    role = Box(BOX.command, "gateway", "/", share_net=True)
    assert "--share-net" in arguments(role)
    assert "--share-net" not in arguments(BOX)


def test_the_command_is_not_among_the_options() -> None:
    assert "/usr/bin/true" not in arguments(BOX)
    assert BOX.running("/bin/sh").command == ("/bin/sh",)


@pytest.mark.parametrize("option", FIXED)
def test_no_box_goes_without_a_wall(option: str) -> None:
    assert option in arguments(Box(("/bin/sh",), "h", "/"))


def test_etc_has_one_user_and_no_resolver() -> None:
    files = {text.target: text.content for text in etc("researcher", "/home/researcher", "ws")}
    assert files["/etc/passwd"].count("\n") == 1
    assert files["/etc/resolv.conf"] == ""
    assert files["/etc/hosts"] == "127.0.0.1 localhost ws\n::1 localhost ws\n"
    assert "dns" not in files["/etc/nsswitch.conf"]

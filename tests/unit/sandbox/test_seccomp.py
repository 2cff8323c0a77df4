"""The system call filter: what is on the list, and that it compiles."""

import pytest

from orchestrator.sandbox import seccomp


@pytest.mark.parametrize("name", seccomp.REFUSED)
def test_a_dangerous_call_is_not_allowed(name: str) -> None:
    assert name not in seccomp.ALLOWED


@pytest.mark.parametrize("name", ["socket", "socketpair", "personality"])
def test_calls_judged_by_arguments_are_not_allowed_as_such(name: str) -> None:
    assert name not in seccomp.ALLOWED


def test_no_call_is_listed_twice() -> None:
    assert len(seccomp.ALLOWED) == len(set(seccomp.ALLOWED))


def test_both_programs_compile_to_whole_instructions() -> None:
    allow, refuse = seccomp.programs()
    assert len(allow) > len(refuse) > 0
    assert len(allow) % 8 == len(refuse) % 8 == 0

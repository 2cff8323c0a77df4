"""The permission table: every role × every action, and sentences that must never change."""

from itertools import product
from typing import get_args

import pytest

from orchestrator.errors import NotAllowed
from orchestrator.identity.roles import (
    PERMISSIONS,
    SYSTEM_ROLE,
    CertificateKind,
    Role,
    demand,
    permitted,
)
from orchestrator.policy.model import Need, ReviewRole
from orchestrator.values import SYSTEM, Actor

HOLDERS = [*Role, SYSTEM_ROLE]


def holding(*roles: str) -> Actor:
    """Somebody with these roles."""
    return Actor(id="a-1", person="u-1", name="Ada Example", roles=frozenset(roles))


@pytest.mark.parametrize(("role", "action"), list(product(HOLDERS, PERMISSIONS)))
def test_a_role_may_ask_exactly_what_its_row_says(role: str, action: str) -> None:
    assert bool(permitted(holding(role), action)) is (role in PERMISSIONS[action])


def test_names_are_written_in_three_parts_and_rows_name_known_roles() -> None:
    assert all(len(action.split(".")) == 3 for action in PERMISSIONS)
    assert all(roles and roles <= set(HOLDERS) for roles in PERMISSIONS.values())


def test_nobody_without_a_role_may_ask_anything() -> None:
    assert not any(permitted(holding(), action) for action in PERMISSIONS)


def test_an_unlisted_action_is_a_mistake_and_not_a_permission() -> None:
    with pytest.raises(RuntimeError):
        permitted(holding(*HOLDERS), "airlock.request.release_alone")


def test_administrators_and_the_system_never_vote_and_never_download() -> None:
    for action in PERMISSIONS:
        if action.endswith((".vote", ".download")):
            assert not permitted(holding(Role.ADMINISTRATOR), action)
            assert not permitted(SYSTEM, action)


def test_only_checkers_vote_on_what_leaves() -> None:
    assert PERMISSIONS["airlock.request.vote"] == {Role.CHECKER}


def test_auditors_change_nothing() -> None:
    changing = {a for a in PERMISSIONS if Role.AUDITOR in PERMISSIONS[a]}
    assert {a.split(".")[2] for a in changing} <= {"read", "verify", "mint", "revoke"}


def test_a_refusal_names_the_role_and_who_can_cure_it() -> None:
    with pytest.raises(NotAllowed, match=r"role checker.*administrator") as caught:
        demand(holding(Role.RESEARCHER), "airlock.request.vote")
    assert caught.value.code == "role_missing"
    assert caught.value.reasons[0][0] == "role_missing"
    demand(holding(Role.CHECKER), "airlock.request.vote")


def test_no_sentence_offers_the_system_as_a_role() -> None:
    for action in PERMISSIONS:
        for reason in permitted(holding(), action).reasons:
            assert "role system" not in reason.text


def test_policies_speak_of_roles_and_certificates_that_exist() -> None:
    assert set(get_args(ReviewRole)) <= set(Role)
    assert set(get_args(Need)) <= set(CertificateKind)

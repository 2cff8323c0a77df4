"""Tokens of our processes that a cluster keeps: admitted at the start, never replaced."""

import secrets
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from orchestrator.db import read, write
from orchestrator.errors import Invalid
from orchestrator.identity import queries, service
from orchestrator.identity.tokens import MAX_DAYS, TokenKind, shown_prefix, spell
from orchestrator.values import SYSTEM


def a_token(kind: TokenKind = TokenKind.ROLE) -> str:
    """As `tre cluster keys` makes one."""
    return spell(kind, secrets.token_hex(32))


def test_an_admitted_token_speaks_for_its_process(engine: Engine, now: datetime) -> None:
    """Before, it is a stranger's."""
    token = a_token()
    with read(engine) as session:
        assert queries.token_actor(session, token, now) is None
    with write(engine) as session:
        service.admit_role_token(session, "gateway", token, now)
    with read(engine) as session:
        found = queries.token_actor(session, token, now)
        assert found is not None
        assert (found.owner, found.kind, found.person) == ("gateway", TokenKind.ROLE, None)
        late = now + timedelta(days=MAX_DAYS, seconds=1)
        assert queries.token_actor(session, token, late) is None


def test_it_lives_on_when_it_is_admitted_again(engine: Engine, now: datetime) -> None:
    """A control plane that starts again cuts nobody."""
    token, later = a_token(), now + timedelta(days=MAX_DAYS + 5)
    for moment in (now, later):
        with write(engine) as session:
            service.admit_role_token(session, "doors", token, moment)
    with read(engine) as session:
        assert queries.token_actor(session, token, later) is not None


def test_what_is_revoked_another_s_or_none_stays_out(engine: Engine, now: datetime) -> None:
    """Each is refused with what to do."""
    token = a_token()
    with write(engine) as session:
        service.admit_role_token(session, "doors", token, now)
    for role, given in (
        ("gateway", token),
        ("gateway", token[:-1] + ("0" if token[-1] != "0" else "1")),
        ("gateway", a_token(TokenKind.PERSON)),
        ("gateway", ""),
    ):
        with write(engine) as session, pytest.raises(Invalid, match=f"role-{role}"):
            service.admit_role_token(session, role, given, now)
    with write(engine) as session:
        service.revoke_token(session, SYSTEM, now, prefix=shown_prefix(token))
    with write(engine) as session, pytest.raises(Invalid, match="role-doors"):
        service.admit_role_token(session, "doors", token, now)

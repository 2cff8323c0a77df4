"""How tokens are spelled: scanners find them, typing errors show, nothing usable is shown."""

import secrets

from orchestrator.identity.roles import PERMISSIONS
from orchestrator.identity.tokens import (
    LEAKED,
    TokenKind,
    fingerprint,
    scope_allows,
    shown_prefix,
    spell,
    unknown_scopes,
    well_formed,
)

RANDOM = "0123456789abcdef" * 4


def test_a_token_is_spelled_in_one_way() -> None:
    assert spell(TokenKind.PERSON, RANDOM) == f"tre_person_{RANDOM}_734793c1"


def test_a_scanner_finds_a_token_in_any_text() -> None:
    token = spell(TokenKind.ROLE, secrets.token_hex(32))
    text = f'export TRE_API_TOKEN="{token}"; echo done {RANDOM}'
    assert [match.group() for match in LEAKED.finditer(text)] == [token]


def test_every_changed_letter_is_noticed() -> None:
    token = spell(TokenKind.PERSON, RANDOM)
    assert well_formed(token)
    for place in range(len(token)):
        other = "1" if token[place] != "1" else "2"
        assert not well_formed(token[:place] + other + token[place + 1 :])


def test_a_token_is_whole_or_nothing() -> None:
    token = spell(TokenKind.PERSON, RANDOM)
    for text in ("", token[:-1], token + "0", f" {token}", f"{token}\n", token.upper()):
        assert not well_formed(text)


def test_what_is_shown_in_lists_opens_nothing() -> None:
    token = spell(TokenKind.PERSON, RANDOM)
    assert shown_prefix(token) == "tre_person_0123456789ab"
    assert not well_formed(shown_prefix(token))
    assert RANDOM not in fingerprint(token)


def test_scopes_are_actions_or_whole_nouns() -> None:
    assert not unknown_scopes(frozenset({"airlock.*", "airlock.request.vote"}))
    strange = {"*", "airlock", "airlock.request.*", "airlock.request.votes", ""}
    assert unknown_scopes(frozenset(strange)) == strange


def test_a_scope_opens_what_it_names_and_nothing_else() -> None:
    allowed = {a for a in PERMISSIONS if scope_allows(frozenset({"audit.*"}), a)}
    assert allowed == {"audit.log.read", "audit.log.verify"}
    only = frozenset({"airlock.request.read"})
    assert [a for a in PERMISSIONS if scope_allows(only, a)] == ["airlock.request.read"]
    assert not any(scope_allows(frozenset(), a) for a in PERMISSIONS)

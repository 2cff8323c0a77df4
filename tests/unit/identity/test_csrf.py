"""A write must begin on our own page: the form's token and the browser's `Origin`."""

import pytest

from orchestrator.identity.csrf import check_origin, check_token, token_for

OWN = "http://tre.localhost:8700"


def test_a_form_token_belongs_to_one_session() -> None:
    assert check_token("secret-1", token_for("secret-1"))
    assert not check_token("secret-2", token_for("secret-1"))
    assert "secret-1" not in token_for("secret-1")


@pytest.mark.parametrize("given", [None, "", "x", "é", token_for("secret-1")[:-1]])
def test_anything_else_is_refused(given: str | None) -> None:
    decision = check_token("secret-1", given)
    assert [reason.code for reason in decision.reasons] == ["csrf_token"]


@pytest.mark.parametrize(
    ("method", "origin", "site", "allowed"),
    [
        ("POST", OWN, None, True),
        ("POST", OWN, "same-origin", True),
        ("POST", None, "same-origin", True),
        ("POST", None, None, False),
        ("POST", None, "same-site", False),
        ("POST", None, "none", False),
        ("POST", "null", "same-origin", False),
        ("POST", "http://p1.localhost:8701", "same-site", False),
        ("POST", "http://tre.localhost:8701", None, False),
        ("POST", "https://tre.localhost:8700", None, False),
        ("POST", OWN + ".evil.example", None, False),
        ("DELETE", "http://evil.example", "cross-site", False),
        ("post", "http://evil.example", None, False),
        ("GET", "http://evil.example", "cross-site", True),
        ("HEAD", None, None, True),
    ],
)
def test_where_a_write_may_begin(
    method: str, origin: str | None, site: str | None, allowed: bool
) -> None:
    assert bool(check_origin(method, origin, site, OWN)) is allowed

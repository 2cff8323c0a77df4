"""Cookies, hosts, the way to sign in, and the gateway's reading of answers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.gateway import pages
from orchestrator.gateway.answers import NONSENSE, Allowed, Denied, parse_answer
from orchestrator.gateway.sessions import (
    browser_origin,
    cookie,
    drop_cookie,
    handover_url,
    parse_code,
    project_of,
    seconds_until,
    set_cookie,
)
from orchestrator.values import Reason

SECRET = "s" * 32


@pytest.mark.parametrize(
    ("host", "project"),
    [
        ("flc.localhost", "flc"),
        ("flc.localhost:8701", "flc"),
        ("FLC.LOCALHOST", "flc"),
        ("a-b-1.localhost", "a-b-1"),
        ("localhost", None),
        (".localhost", None),
        ("a.b.localhost", None),
        ("flc.localhost.sink.example", None),
        ("flc.example", None),
        ("-a.localhost", None),
        ("1a.localhost", None),
        ("a_.localhost", None),
        ("flc.localhost:x", None),
        ("flc.localhost:123456", None),
        ("flc.localhost/", None),
        ("", None),
        ("a" * 31 + ".localhost", None),
    ],
)
def test_a_project_is_one_label_before_our_domain(host: str, project: str | None) -> None:
    assert project_of(host, "localhost") == project


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (None, None),
        ("", None),
        (f"__Host-tre={SECRET}", SECRET),
        (f'a=b; __Host-tre="{SECRET}"; c=d', SECRET),
        (f"__Host-tre={SECRET}; __Host-tre={SECRET}", None),
        (f"__Host-tre-state={SECRET}", None),
        (f"X__Host-tre={SECRET}", None),
        ("__Host-tre=short", None),
        (f"__Host-tre={SECRET}<", None),
        (f"__Host-tre={SECRET * 10}", None),
    ],
)
def test_a_cookie_is_read_strictly(header: str | None, value: str | None) -> None:
    assert cookie(header, "__Host-tre") == value


def test_cookies_are_for_this_host_and_not_for_scripts() -> None:
    line = set_cookie("__Host-tre", SECRET, 60)
    assert line == f"__Host-tre={SECRET}; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax"
    assert drop_cookie("__Host-tre").startswith("__Host-tre=; Max-Age=0;")


def test_only_the_hash_of_the_state_travels() -> None:
    url = handover_url("http://tre.localhost:8700", "flc", SECRET)
    assert url.startswith("http://tre.localhost:8700/handover?project=flc&state=")
    assert SECRET not in url
    assert len(url.rsplit("=", 1)[1]) == 64


@pytest.mark.parametrize(
    ("code", "good"), [("c" * 8, True), ("c" * 7, False), ("a b" * 9, False), (None, False)]
)
def test_codes(code: str | None, good: bool) -> None:
    assert (parse_code(code) is not None) == good


def test_origins_are_spelled_as_browsers_do() -> None:
    assert browser_origin("https://flc.tre.example:443") == "https://flc.tre.example"
    assert browser_origin("http://flc.tre.example:80") == "http://flc.tre.example"
    assert browser_origin("http://flc.localhost:8701") == "http://flc.localhost:8701"
    assert browser_origin("https://flc.tre.example:80") == "https://flc.tre.example:80"


def test_a_cookie_lasts_as_long_as_its_session_and_a_day_at_most() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    assert seconds_until("2026-01-01T00:01:00+00:00", now) == 60
    assert seconds_until("2025-01-01T00:01:00+00:00", now) == 0
    assert seconds_until("2099-01-01T00:01:00+00:00", now) == 86_400
    assert seconds_until("soon", now) == 0


def yes(**more: Any) -> dict[str, Any]:
    server = {"state": "ready", "address": "/s", "token": "t", "base_url": "/user/ada/"}
    return {"allow": True, "person": "ada", "until": None, "server": server} | more


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        {"allow": "true"},
        {"allow": 1, "person": "ada"},
        {"allow": False},
        {"allow": False, "reasons": [{"code": "x"}]},
        yes(person=None),
        yes(person="../ada"),
        yes(person="ada/"),
        yes(until="soon"),
        yes(server=None),
        yes(server={}),
        yes(server={"state": "ready", "base_url": "/user/grace/"}),
    ],
)
def test_what_is_not_clearly_a_yes_is_a_no(said: Any) -> None:
    assert parse_answer(said) == NONSENSE


def test_answers_are_read() -> None:
    allowed = parse_answer(yes(until="2026-01-01T00:00:00+00:00"))
    assert isinstance(allowed, Allowed)
    assert allowed.server.token == "t"
    assert "token='t'" not in repr(allowed)
    waiting = parse_answer(yes(server={"state": "ready", "address": None, "reason": "x"}))
    assert isinstance(waiting, Allowed)
    assert (waiting.server.state, waiting.server.reason) == ("starting", "x")
    reasons = [{"code": "a", "text": "A."}]
    denied = parse_answer({"allow": False, "reasons": reasons, "signed_in": True})
    assert denied == Denied((Reason("a", "A."),), True)


def test_pages_escape_and_run_nothing() -> None:
    evil = '<img src=x onerror="x">'
    for body in (
        pages.page(evil, evil),
        pages.failed(evil),
        pages.failed(None),
        pages.starting(),
        pages.left('http://x/"><script>'),
        pages.refused(evil, [Reason("a", evil)], 'http://x/"><script>'),
    ):
        assert b"<img" not in body
        assert b"<script" not in body
    assert b"<img" in pages.problem(400, "x", evil, [Reason("a", evil)])  # JSON, and typed so
    assert "'unsafe-inline'" not in pages.HEADERS["Content-Security-Policy"]
    assert pages.LEAVE["Clear-Site-Data"] == '"cache", "cookies", "storage"'

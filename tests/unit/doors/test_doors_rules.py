"""What each door carries, and who is listed; tables of hostile names."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from orchestrator.doors.callers import Caller, parse_callers
from orchestrator.doors.hubrules import Call, activity, authorization, call_of, reply, version
from orchestrator.doors.intakerules import Inside, check_length, route
from orchestrator.doors.replies import Bucket, Refused, problem_of
from orchestrator.values import server_key

KEY = server_key("flc", "ada")


@pytest.mark.parametrize(
    ("method", "target", "call"),
    [
        ("GET", "/hub/api", Call.VERSION),
        ("GET", "/hub/api/", Call.VERSION),
        ("GET", "/hub/api/user", Call.LOOKUP),
        ("POST", "/hub/api/users/ada/activity", Call.ACTIVITY),
        ("POST", "/hub/api/users/grace/activity", None),
        ("GET", "/hub/api/users/ada/activity", None),
        ("POST", "/hub/api/users/ada/../grace/activity", None),
        ("POST", "/hub/api/users/%61da/activity", None),
        ("POST", "/hub/api/users/ada/activity?x", None),
        ("GET", "/hub/api/user/", None),
        ("GET", "//hub/api/user", None),
        ("HEAD", "/hub/api/user", None),
        ("GET", "/hub/api/users", None),
        ("POST", "/hub/api/users/ada/tokens", None),
        ("POST", "/hub/api/users/ada/server", None),
        ("GET", "/hub/login", None),
        ("CONNECT", "hub:443", None),
    ],
)
def test_three_calls_reach_the_hub(method: str, target: str, call: Call | None) -> None:
    found = call_of(method, target, "ada")
    assert (None if isinstance(found, Refused) else found) == call


def test_an_activity_report_carries_only_our_time() -> None:
    at = datetime(2026, 5, 4, 11, 0, tzinfo=timezone(timedelta(hours=2)))
    spelled = "2026-05-04T09:00:00.000000Z"
    expected = {"servers": {"": {"last_activity": spelled}}, "last_activity": spelled}
    assert json.loads(activity(at)) == expected
    assert activity(at) == activity(at.astimezone(UTC))


@pytest.mark.parametrize(
    ("header", "good"),
    [
        ("token " + "a" * 32, True),
        ("Bearer abcdefgh", True),
        ("token short", False),
        ("Basic abcdefgh", False),
        ("token a b c d e f", False),
        ("token " + "a" * 300, False),
        ("", False),
        (None, False),
    ],
)
def test_a_hub_token_has_a_shape(header: str | None, good: bool) -> None:
    assert (authorization(header) is not None) == good


def test_the_hubs_replies_are_written_anew() -> None:
    user = {"kind": "user", "name": "ada", "scopes": ["access:servers!server=ada/", 3, "A B"]}
    written = reply(Call.LOOKUP, 200, json.dumps(user | {"auth_state": 1}).encode(), "ada")
    assert isinstance(written, bytes)
    assert json.loads(written)["scopes"] == ["access:servers!server=ada/"]
    assert "auth_state" not in json.loads(written)
    for other in ({"kind": "user", "name": "grace"}, {"kind": "service", "name": "ada"}, {}):
        refused = reply(Call.LOOKUP, 200, json.dumps(other).encode(), "ada")
        assert isinstance(refused, Refused)
    for unread in (b"x", b"[]"):
        assert isinstance(reply(Call.LOOKUP, 200, unread, "ada"), Refused)
    assert reply(Call.ACTIVITY, 200, b"anything", "ada") == b""
    assert reply(Call.VERSION, 200, b'{"version": "6.1.1", "x": 1}', "ada") == (
        b'{"version": "6.1.1"}'
    )
    assert reply(Call.VERSION, 200, b'{"version": "<x>"}', "ada") == b'{"version": ""}'
    refused_by_hub = reply(Call.LOOKUP, 403, b"secret of the hub", "ada")
    assert isinstance(refused_by_hub, bytes)
    assert b"secret" not in refused_by_hub
    assert version("6.1.1") == "6.1.1"
    assert version("x\r\n") is None
    assert version(None) is None


@pytest.mark.parametrize(
    ("method", "target", "path"),
    [
        ("GET", "/status", "/requests"),
        ("GET", "/drafts/table-1", "/drafts/table-1"),
        ("GET", "/drafts/My%20Table", "/drafts/My%20Table"),
        ("POST", "/drafts/t/check", "/drafts/t/check"),
        ("POST", "/drafts/t/submit", "/drafts/t/submit"),
        ("PUT", "/drafts/t/files/a.csv", "/drafts/t/files/a.csv"),
        ("PUT", "/drafts/t/files/a/b%20c.csv", "/drafts/t/files/a/b%20c.csv"),
        ("PUT", "/drafts/t/files/t%C3%A4b.csv", "/drafts/t/files/t%C3%A4b.csv"),
        ("PUT", "/drafts/t/files/a%3Fb%23c", "/drafts/t/files/a%3Fb%23c"),
        ("PUT", "/drafts/t/files/a%25b", "/drafts/t/files/a%25b"),
    ],
)
def test_five_calls_reach_the_airlock(method: str, target: str, path: str) -> None:
    inside = route(method, target)
    assert isinstance(inside, Inside)
    assert (inside.method, inside.path) == (method, path)


@pytest.mark.parametrize(
    ("method", "target", "rule"),
    [
        ("GET", "", "intake_path"),
        ("GET", "/", "intake_path"),
        ("POST", "/status", "intake_path"),
        ("GET", "/status?x=1", "intake_path"),
        ("GET", "/status/", "intake_path"),
        ("GET", "http://x/status", "intake_path"),
        ("DELETE", "/drafts/t", "intake_path"),
        ("POST", "/drafts/t/release", "intake_path"),
        ("POST", "/drafts/t/check/x", "intake_path"),
        ("PUT", "/drafts/t/file/x", "intake_path"),
        ("GET", "/internal/decide", "intake_path"),
        ("GET", "/drafts/", "draft_name"),
        ("GET", "/drafts/..", "draft_name"),
        ("GET", "/drafts/%2e%2e", "draft_name"),
        ("GET", "/drafts/a%2fb", "draft_name"),
        ("GET", "/drafts/a%00", "draft_name"),
        ("GET", "/drafts/%zz", "draft_name"),
        ("GET", "/drafts/%ff", "draft_name"),
        ("GET", "/drafts/ä", "draft_name"),
        ("GET", "/drafts/-a", "draft_name"),
        ("GET", "/drafts/a%20", "draft_name"),
        ("GET", "/drafts/" + "a" * 65, "draft_name"),
        ("PUT", "/drafts/t/files", "file_path"),
        ("PUT", "/drafts/t/files/", "file_path"),
        ("PUT", "/drafts/t/files//x", "file_path"),
        ("PUT", "/drafts/t/files/../x", "file_path"),
        ("PUT", "/drafts/t/files/%2e%2e/x", "file_path"),
        ("PUT", "/drafts/t/files/./x", "file_path"),
        ("PUT", "/drafts/t/files/a%2f..%2fb", "file_path"),
        ("PUT", "/drafts/t/files/a%5cb", "file_path"),
        ("PUT", "/drafts/t/files/a%0ab", "file_path"),
        ("PUT", "/drafts/t/files/a%c2%85b", "file_path"),
        ("PUT", "/drafts/t/files/%ff", "file_path"),
        ("PUT", "/drafts/t/files/" + "%C3%A4" * 128, "file_path"),
    ],
)
def test_everything_else_is_refused(method: str, target: str, rule: str) -> None:
    refused = route(method, target)
    assert isinstance(refused, Refused)
    assert refused.rule == rule
    assert json.loads(refused.body())["detail"] == refused.text


@pytest.mark.parametrize(
    ("target", "header", "outcome"),
    [
        ("/drafts/t/files/a", "5", 5),
        ("/drafts/t/files/a", str(16 * 2**20), 16 * 2**20),
        ("/drafts/t/files/a", str(16 * 2**20 + 1), "too_large"),
        ("/drafts/t/files/a", None, "length_needed"),
        ("/drafts/t/files/a", "-1", "length_form"),
        ("/drafts/t/files/a", "٣", "length_form"),
        ("/drafts/t/files/a", "1" * 13, "length_form"),
        ("/drafts/t/submit", None, 0),
        ("/drafts/t/submit", str(256 * 1024 + 1), "too_large"),
    ],
)
def test_bodies_have_limits(target: str, header: str | None, outcome: int | str) -> None:
    inside = route("PUT" if "files" in target else "POST", target)
    assert isinstance(inside, Inside)
    length = check_length(inside, header)
    assert (length.rule if isinstance(length, Refused) else length) == outcome


@pytest.mark.parametrize(
    ("entry", "caller"),
    [
        ({"key": KEY, "project": "flc", "person": "ada", "hub_socket": "/h"}, "/h"),
        ({"key": KEY, "project": "flc", "person": "ada", "hub_socket": None}, None),
        ({"key": KEY, "project": "flc", "person": "ada", "hub_socket": 3}, None),
    ],
)
def test_a_listed_server_is_a_caller(entry: dict[str, Any], caller: str | None) -> None:
    assert parse_callers({"servers": [entry]}) == [Caller(KEY, "flc", "ada", caller)]


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {"key": KEY, "project": "flc"},
        {"key": KEY, "project": "flc", "person": "grace"},
        {"key": "../x", "project": "flc", "person": "ada"},
        {"key": server_key("../x", "ada"), "project": "../x", "person": "ada"},
        {"key": server_key("flc", "a/b"), "project": "flc", "person": "a/b"},
    ],
)
def test_an_entry_that_contradicts_itself_is_nobody(entry: Any) -> None:
    assert parse_callers({"servers": [entry]}) == []


@pytest.mark.parametrize("said", [None, [], {}, {"servers": None}, {"servers": {}}])
def test_no_list_is_not_an_empty_list(said: Any) -> None:
    with pytest.raises(ValueError, match="list"):
        parse_callers(said)


def test_a_bucket_empties_and_fills() -> None:
    now = [0.0]
    bucket = Bucket(rate=2, burst=3, clock=lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_problems_are_short_text_only() -> None:
    said = {
        "title": "t" * 500,
        "detail": "d",
        "code": "c",
        "reasons": [{"code": "a", "text": "b", "x": 1}, "no"],
        "trace": "x",
    }
    written = json.loads(problem_of(said, 403))
    assert set(written) == {"type", "title", "status", "code", "detail", "reasons"}
    assert len(written["title"]) == 200
    assert written["reasons"] == [{"code": "a", "text": "b"}]
    assert json.loads(problem_of("nonsense", 500))["status"] == 500

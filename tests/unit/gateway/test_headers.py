"""Headers both ways, media types, redirects, and who asks."""

import pytest

from orchestrator.gateway.headers import (
    CONTENT_SECURITY_POLICY,
    SECURITY,
    check_request,
    location,
    media_type,
    same_origin,
    to_browser,
    to_server,
)
from orchestrator.gateway.paths import Path, Refused

OWN = "http://flc.localhost:8701"


def test_only_the_allow_list_reaches_the_server() -> None:
    sent = {
        "Cookie": "__Host-tre=secret",
        "Authorization": "Bearer x",
        "Host": "flc.localhost",
        "Origin": OWN,
        "Accept": "application/json",
        "Accept-Language": "en",
        "Accept-Encoding": "gzip, br",
        "Content-Type": "application/json",
        "Connection": "keep-alive, X-Secret",
        "Transfer-Encoding": "chunked",
        "If-None-Match": "x",
        "Range": "bytes=0-1",
        "X-Forwarded-For": "10.0.0.1",
        "X-XSRFToken": "x",
    }
    assert to_server(sent, "t") == {
        "Accept": "application/json",
        "Accept-Language": "en",
        "Content-Type": "application/json",
        "Host": "127.0.0.1",
        "Authorization": "token t",
        "Accept-Encoding": "identity",
    }
    assert "Accept" not in to_server({"Accept": "x" * 2000}, "t")
    assert "Accept" not in to_server({"Accept": "x\r\nCookie: y"}, "t")


def test_only_the_allow_list_reaches_the_browser() -> None:
    answered = {
        "Set-Cookie": "a=1",
        "ETag": '"x"',
        "Last-Modified": "x" * 200,
        "Date": "a\r\nb",
        "Content-Security-Policy": "default-src *",
        "Cache-Control": "public",
        "Link": "<https://sink.example>; rel=preconnect",
    }
    assert to_browser(answered) == {"ETag": '"x"', "Server": "tre", **SECURITY}


def test_the_policy_allows_no_popup_download_or_other_host() -> None:
    assert "allow-popups" not in CONTENT_SECURITY_POLICY
    assert "allow-downloads" not in CONTENT_SECURITY_POLICY
    assert "allow-top-navigation" not in CONTENT_SECURITY_POLICY
    assert "report" not in CONTENT_SECURITY_POLICY
    assert "*" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert SECURITY["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "rule"),
    [
        ({}, None),
        ({"Content-Encoding": "identity"}, None),
        ({"Service-Worker": "script"}, "service_worker"),
        ({"X-HTTP-Method-Override": "DELETE"}, "method_override"),
        ({"X-HTTP-Method": "DELETE"}, "method_override"),
        ({"X-Method-Override": "DELETE"}, "method_override"),
        ({"Content-Encoding": "gzip"}, "request_encoding"),
    ],
)
def test_what_no_page_of_ours_sends_is_refused(headers: dict[str, str], rule: str | None) -> None:
    refused = check_request(headers)
    assert (refused.rule if refused else None) == rule


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        ("application/json", "application/json"),
        ("Application/JSON", "application/json"),
        ("application/json; charset=UTF-8", "application/json; charset=utf-8"),
        ("text/html", "text/html; charset=utf-8"),
        ('text/html;charset="utf-8"', "text/html; charset=utf-8"),
        ("text/csv", None),
        ("", None),
        ("application/json; charset=utf-7", None),
        ("application/json; leak=marker", None),
        ("application/json, text/html", None),
        ("multipart/form-data", None),
    ],
)
def test_media_types_are_listed_and_spelled_anew(value: str, spelled: str | None) -> None:
    result = media_type(value, ("application/json", "text/html"))
    assert (None if isinstance(result, Refused) else result) == spelled


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("/user/ada/lab", "/user/ada/lab"),
        ("http://flc.localhost:8701/user/ada/lab", "/user/ada/lab"),
        ("http://127.0.0.1/user/ada/lab", "/user/ada/lab"),
        ("https://sink.example/", None),
        ("//sink.example/", None),
        ("http://flc.localhost:8701.sink.example/", None),
        ("http://flc.localhost:8701@sink.example/", None),
        ("javascript:alert(1)", None),
        ("user/ada", None),
        ("", None),
        ("/a/../b", None),
        ("/\\sink.example", None),
    ],
)
def test_redirects_stay_on_the_host(value: str, text: str | None) -> None:
    result = location(value, "flc.localhost:8701")
    assert (result.text if isinstance(result, Path) else None) == text


@pytest.mark.parametrize(
    ("headers", "must", "rule"),
    [
        ({"Origin": OWN}, True, None),
        ({"Origin": OWN, "Sec-Fetch-Site": "same-origin"}, True, None),
        ({}, False, None),
        ({}, True, "origin"),
        ({"Origin": "null"}, False, "origin"),
        ({"Origin": "null"}, True, "origin"),
        ({"Origin": OWN + ".sink.example"}, True, "origin"),
        ({"Origin": "https://flc.localhost:8701"}, True, "origin"),
        ({"Origin": OWN, "Sec-Fetch-Site": "cross-site"}, True, "fetch_site"),
        ({"Origin": OWN, "Sec-Fetch-Site": "same-site"}, True, "fetch_site"),
        ({"Sec-Fetch-Site": "cross-site"}, False, "fetch_site"),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, False, None),
        ({"Sec-Fetch-Site": "none"}, False, None),
    ],
)
def test_who_asks(headers: dict[str, str], must: bool, rule: str | None) -> None:
    refused = same_origin(headers, OWN, must=must)
    assert (refused.rule if refused else None) == rule

"""What a notebook server is told, and how sockets are spelled for the hub."""

from urllib.parse import unquote, urlparse

import pytest

from orchestrator.hub.spec import SERVER_SCOPES, USER_SCOPES, environment, socket_url, told


@pytest.mark.parametrize(
    "path",
    [
        "/run/tre-0/p/flc/hub.sock",
        "/Run/Big/A.sock",
        "/with space/x%41.sock",
        "/ä/s.sock",
        "/a:b@c",
    ],
)
def test_a_socket_path_survives_the_hubs_lower_casing(path: str) -> None:
    parsed = urlparse(socket_url(path))
    assert parsed.scheme == "http+unix"
    assert parsed.hostname is not None
    assert unquote(parsed.hostname) == path
    assert parsed.path == ""
    assert parsed.port is None


def test_the_environment_names_only_inside_addresses() -> None:
    hub = {
        "JUPYTERHUB_API_TOKEN": "secret",
        "JUPYTERHUB_API_URL": "http+unix://%2frun%2fhub.sock/hub/api",
        "JUPYTERHUB_ACTIVITY_URL": "http+unix://%2frun%2fhub.sock/hub/api/users/ada/activity",
        "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:0/",
        "JUPYTERHUB_USER": "ada",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_PUBLIC_URL": None,
        "JPY_API_TOKEN": "secret",
        "LD_PRELOAD": "/evil.so",
        "PATH": "/host/bin",
        "HOME": "/root",
    }
    assert environment(hub, "ada", "/user/ada/") == {
        "JUPYTERHUB_API_TOKEN": "secret",
        "JUPYTERHUB_USER": "ada",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_API_URL": "http://127.0.0.1:8081/hub/api",
        "JUPYTERHUB_ACTIVITY_URL": "http://127.0.0.1:8081/hub/api/users/ada/activity",
        "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:8888/user/ada/",
        "JUPYTERHUB_SERVICE_PREFIX": "/user/ada/",
        "JUPYTERHUB_HOST": "",
        "JUPYTERHUB_PUBLIC_URL": "",
        "JUPYTERHUB_PUBLIC_HUB_URL": "",
    }


def test_no_role_of_a_person_or_server_mints_tokens_or_shares() -> None:
    for scope in (*SERVER_SCOPES, *USER_SCOPES):
        assert "token" not in scope
        assert "share" not in scope
        assert scope.endswith("!user")


def test_the_hub_adds_its_words_to_a_pod_and_changes_none() -> None:
    environment = [{"name": "HOME", "value": "/h"}, {"name": "JUPYTERHUB_API_URL", "value": "ours"}]
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "m", "env": environment}]}}
    said = {
        "JUPYTERHUB_API_TOKEN": "t",
        "JUPYTERHUB_API_URL": "theirs",
        "JUPYTERHUB_NUMBER": 1,
        "LD_PRELOAD": "/evil.so",
        "HOME": "/evil",
    }
    (container,) = told(pod, said)["spec"]["containers"]
    assert container["env"] == [
        {"name": "HOME", "value": "/h"},
        {"name": "JUPYTERHUB_API_TOKEN", "value": "t"},
        {"name": "JUPYTERHUB_API_URL", "value": "ours"},
    ]
    assert pod["spec"] == {"containers": [{"name": "m", "env": environment}]}

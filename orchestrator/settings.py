"""Settings of one installation, read once from the environment and frozen. The only reader of it.

Each field is documented in `docs/settings.md`; a test compares.
"""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestrator.errors import Invalid


class Settings(BaseSettings):
    """What the administrator decides for one installation; variables begin with `TRE_`."""

    model_config = SettingsConfigDict(env_prefix="TRE_", frozen=True, extra="forbid")

    mode: Literal["production", "demo", "test"] = Field(
        default="production", description="demo and test allow the development identity provider"
    )
    state_dir: Path = Field(
        default=Path(".tre/state"),
        description="database, keys and stored bytes; only the control plane",
    )
    run_dir: Path | None = Field(
        default=None,
        description="sockets and process files; short, because socket paths end at 107 bytes",
    )
    homes_dir: Path = Field(
        default=Path(".tre/homes"),
        description="people's homes and project folders of the local engine",
    )
    policies_dir: Path = Field(
        default=Path(__file__).parent.parent / "policies", description="the policy files in force"
    )
    images_dir: Path = Field(
        default=Path(".tre/images"), description="workspace environments of the local engine"
    )
    mirror_dir: Path = Field(
        default=Path(".tre/mirror"),
        description="packages that notebooks may install; filled by `tre mirror`",
    )
    database_url: str = Field(default="", description="empty: SQLite below state_dir")
    store: Literal["posix", "s3"] = Field(
        default="posix", description="where bytes lie: below state_dir, or in an S3 bucket"
    )
    s3_endpoint: str = Field(default="", description="the S3 server as host or host:port")
    s3_bucket: str = Field(default="", description="a bucket of our own there; it must exist")
    s3_region: str = Field(
        default="us-east-1", description="the region that requests are signed for"
    )
    s3_access_key: SecretStr = Field(
        default=SecretStr(""), description="our access key; it reads, writes, lists and deletes"
    )
    s3_secret_key: SecretStr = Field(default=SecretStr(""), description="our secret key there")
    s3_tls: bool = Field(default=True, description="whether the S3 server speaks https")
    engine: Literal["local", "kubernetes"] = Field(
        default="local", description="what runs workspaces"
    )
    kubeconfig: Path | None = Field(
        default=None,
        description="how engine `kubernetes` reaches its cluster; empty: as the pod that it is",
    )
    cluster_file: Path | None = Field(
        default=None,
        description="what you decide about that cluster, as YAML (docs/kubernetes.md)",
    )
    pod_networks: str = Field(
        default="",
        description="networks of the cluster's pods with commas between; empty: any may be one",
    )
    node_addresses: str = Field(
        default="",
        description="addresses of nodes with commas between; none is ever taken for a pod",
    )
    registry_user: str = Field(
        default="", description="who we are at the registry of snapshots, where nodes pull them"
    )
    registry_password: SecretStr = Field(
        default=SecretStr(""), description="our password there; it pushes and pulls"
    )
    bind_host: str = Field(
        default="127.0.0.1", description="address the control plane and gateway bind"
    )
    control_host: str = Field(default="tre.localhost", description="host name of the control plane")
    control_port: int = Field(default=8700, description="TCP port of the control plane")
    control_listen_port: int = Field(
        default=0, description="TCP port that the control plane binds; 0: the one browsers name"
    )
    control_dial: str = Field(
        default="",
        description="where gateway and doors find the control plane, as http://host:port; "
        "empty: on this machine",
    )
    gateway_domain: str = Field(
        default="localhost", description="projects answer at <project>.<gateway_domain>"
    )
    gateway_port: int = Field(
        default=8701, description="TCP port of the gateway, as browsers name it"
    )
    gateway_listen_port: int = Field(
        default=0, description="TCP port that the gateway binds; 0: the one that browsers name"
    )
    doors_dial: str = Field(
        default="",
        description="where `tre doctor` asks the doors of a cluster, as http://host:port",
    )
    public_scheme: Literal["http", "https"] = Field(
        default="http", description="as the browser sees us"
    )
    oidc_issuer: str = Field(default="", description="empty: only public pages and health answer")
    oidc_client_id: str = Field(default="tre", description="our client id at the identity provider")
    oidc_client_secret: SecretStr = Field(
        default=SecretStr(""), description="our client secret there"
    )
    oidc_acr_levels: dict[str, Literal["aal1", "aal2"]] = Field(
        default={},
        description="assurance by the provider's `acr`, as JSON; what is not listed is aal1",
    )
    api_token: SecretStr = Field(
        default=SecretStr(""),
        description="a person's token for `tre` commands that go through the API",
    )
    home_quota_mb: int = Field(default=512, description="megabytes of home storage of one person")
    sleep_after_minutes: int = Field(
        default=120,
        ge=0,
        description="minutes without a notebook server and without a visit after which a project's "
        "hub is ended until somebody comes; 0: never",
    )
    origin: str = Field(default="tre.example", description="name of this log in its checkpoints")

    def moved(self, file: Path) -> "Settings":
        """These settings with what a file says about database and store, as `TRE_NAME=value` lines.

        Shape: a file and not arguments, because both may carry a password. What it does not name
        of them is at its default; everything else stays.
        Errors: Invalid for a line that is about something else.
        """
        movable = {"database_url", *(name for name in type(self).model_fields if "s3_" in name)}
        movable.add("store")
        said = {
            name.removeprefix("TRE_").lower(): value or ""
            for name, value in dotenv_values(file, interpolate=False).items()
        }
        if foreign := sorted(said.keys() - movable):
            raise Invalid(
                f"{file.name} may name the database and the store only, not "
                f"TRE_{foreign[0].upper()}: everything else stays as it is."
            )
        stays = {name: value for name, value in self if name not in movable}
        unsaid = {name: type(self).model_fields[name].default for name in movable - said.keys()}
        return Settings(**{**stays, **unsaid, **said})

    @property
    def database(self) -> str:
        """The database's URL, SQLite below `state_dir` unless one was named.

        Errors: Invalid for SQLite on a cluster.
        """
        if self.engine == "kubernetes" and not self.database_url.startswith("postgresql"):
            raise Invalid(
                "On a cluster the database is PostgreSQL: SQLite needs all its processes on one "
                "host. Name one in TRE_DATABASE_URL.",
                code="sqlite_on_cluster",
            )
        return self.database_url or f"sqlite:///{self.state_dir.absolute() / 'tre.db'}"

    @property
    def run(self) -> Path:
        """The folder of sockets: as set, else a short one derived from the state folder."""
        if self.run_dir is not None:
            return self.run_dir.absolute()
        name = hashlib.sha256(str(self.state_dir.absolute()).encode()).hexdigest()[:8]
        base = "/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR") or "/tmp"  # noqa: S108 - mode 0700 below
        if not os.access(base, os.W_OK):
            base = tempfile.gettempdir()
        return Path(base) / f"tre-{os.geteuid()}-{name}"

    @property
    def bind(self) -> str | None:
        """What gateway and doors bind; None is every address of both families.

        A pod of a dual-stack cluster has both, and the isolation proof asks for the doors at each.
        """
        return None if self.bind_host in ("0.0.0.0", "::") else self.bind_host  # noqa: S104

    @property
    def gateway_listen(self) -> int:
        """The TCP port that the gateway binds; in front of it another one may be published."""
        return self.gateway_listen_port or self.gateway_port

    @property
    def control_listen(self) -> int:
        """The TCP port that the control plane binds."""
        return self.control_listen_port or self.control_port

    @property
    def control_url(self) -> str:
        """Where browsers find the control plane."""
        return f"{self.public_scheme}://{self.control_host}:{self.control_port}"

    def project_url(self, slug: str) -> str:
        """Where browsers find one project."""
        return f"{self.public_scheme}://{slug}.{self.gateway_domain}:{self.gateway_port}"

    def role_token_file(self, role: str) -> Path:
        """The file with the token by which a process of ours proves its role to the API."""
        return self.run / "tokens" / role

    def environment(self) -> dict[str, str]:
        """Give the environment from which another process of ours reads these same settings."""
        mine = {
            f"TRE_{name.upper()}": spelled(value)
            for name in self.model_fields_set
            if (value := getattr(self, name)) is not None
        }
        others = {k: v for k, v in os.environ.items() if not k.startswith("TRE_")}
        return {**others, **mine}


def spelled(value: object) -> str:
    """Spell a setting as a variable holds it; a map is JSON, a secret is given away."""
    match value:
        case SecretStr():
            return value.get_secret_value()
        case dict():
            return json.dumps(value)
        case _:
            return str(value)

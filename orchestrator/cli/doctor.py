"""`tre doctor`: what is proved, what is off, what is missing; a control that is off is shown so."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from orchestrator.audit import checkpoint
from orchestrator.audit.log import newest
from orchestrator.bootstrap.control import utc_now
from orchestrator.bootstrap.engines import engine
from orchestrator.bootstrap.store import depot
from orchestrator.cli.audit import public_key
from orchestrator.cli.doors import callers, offered
from orchestrator.cli.output import print_json, print_table
from orchestrator.db import connect, read
from orchestrator.engines.port import Condition, Engine, Outcome, Probe, proved
from orchestrator.errors import Invalid, TreError
from orchestrator.mirror import trees
from orchestrator.outputs.readers import ocr
from orchestrator.settings import Settings
from orchestrator.workspaces import queries

LATE = timedelta(minutes=5)
STALE = timedelta(days=2)
Prove = Annotated[bool, typer.Option("--prove", help="try every way out now and show each attempt")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document for programs")]

LATER = (
    ("step-up", "Votes, halts and releases do not ask to sign in again yet."),
    ("budgets", "Bytes to browsers are counted for each person and project, and not yet limited."),
    ("witnesses", "No partner countersigns the log's checkpoints yet."),
)
"""Controls that this version does not have; each says so until it does."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(as_json: AsJson = False, prove: Prove = False) -> None:
    """Say what is proved, off or missing here, and the command that cures it; exit 1 if broken."""
    settings = Settings()
    chosen = engine(settings, beside=True)
    if prove:
        raise typer.Exit(show_proof(chosen, as_json=as_json))
    found = [*chosen.doctor(), *installation(settings)]
    if as_json:
        print_json([vars(condition) for condition in found])
    else:
        print_table(
            "This installation",
            ("subject", "status", "what it means", "cure"),
            [(c.subject, c.status, c.say, c.cure) for c in found],
        )
    if any(condition.status in ("broken", "missing") for condition in found):
        raise typer.Exit(1)


def show_proof(engine: Engine, *, as_json: bool = False) -> int:
    """Try every way out now, print each attempt with its control, and what then stands.

    Shape: the exit status is 0 only for a proof that is safe.
    Errors: Unavailable when nothing could be tried.
    """
    found = engine.prove(None)
    after = [] if as_json else engine.doctor()
    if as_json:
        print_json([vars(probe) for probe in found])
        return 0 if proved(found) else 1
    print_table(
        "Every way out that was tried",
        ("probe", "outcome", "attempt", "control", "evidence"),
        [
            (p.id, p.outcome.value, p.attempt, p.control, p.evidence)
            for p in sorted(found, key=_worst)
        ],
    )
    print_table(
        "What stands after it",
        ("subject", "status", "what it means", "cure"),
        [(c.subject, c.status, c.say, c.cure) for c in after],
    )
    return 0 if proved(found) else 1


_ORDER = (Outcome.OPEN, Outcome.INCONCLUSIVE, Outcome.UNAVAILABLE, Outcome.HELD)


def _worst(probe: Probe) -> tuple[int, str]:
    """Put what is open first, and what held last."""
    return _ORDER.index(probe.outcome), probe.id


def installation(settings: Settings) -> Iterator[Condition]:
    """What is true of this installation beyond its engine."""
    yield _identity(settings)
    yield _hosts(settings)
    yield _transport(settings)
    yield _log(settings)
    yield _store(settings)
    yield _backup(settings)
    yield _pictures()
    yield from _mirror(settings)
    yield from _proofs(settings)
    yield from callers(settings)
    for subject, say in LATER:
        yield Condition(subject, "off", say)


def _identity(settings: Settings) -> Condition:
    if not settings.oidc_issuer:
        say = "No identity provider: only public pages and health answer."
        return Condition("identity", "off", say, "set TRE_OIDC_ISSUER")
    if settings.mode != "production":
        say = f"The development provider may be used, because the mode is {settings.mode}."
        return Condition("identity", "off", say, "set TRE_MODE=production")
    return Condition("identity", "ok", f"People sign in at {settings.oidc_issuer}.")


def _hosts(settings: Settings) -> Condition:
    if settings.gateway_domain == "localhost":
        say = "Projects are hosts below localhost, which carries no cookie across them."
        return Condition("project hosts", "ok", say)
    say = (
        f"Whether {settings.gateway_domain} is on the public suffix list was not checked; if it is "
        "not, one project's page can set a cookie that another's reads."
    )
    return Condition("project hosts", "broken", say, "put TRE_GATEWAY_DOMAIN on that list")


def _pictures() -> Condition:
    if ocr.data_folder():
        return Condition("words in pictures", "ok", "A machine reads them; people look as well.")
    say = "Nobody but people reads the words and numbers in pictures: Tesseract's data are missing."
    return Condition("words in pictures", "off", say, "apt-get install tesseract-ocr-eng")


def _transport(settings: Settings) -> Condition:
    if settings.public_scheme == "https":
        return Condition("transport", "ok", "Browsers use https.")
    status = "broken" if settings.mode == "production" else "off"
    say = "Browsers use http, which is for one machine only."
    return Condition("transport", status, say, "set TRE_PUBLIC_SCHEME=https")


def _log(settings: Settings) -> Condition:
    try:
        key = public_key(settings)
        folder = settings.state_dir / "checkpoints"
        found = checkpoint.verify(connect(settings.database), folder, key)
        last = checkpoint.history(folder, key)
    except TreError as error:
        status = "missing" if error.code == "notfound" else "broken"
        return Condition("log", status, error.message)
    if not last:
        return Condition("log", "missing", "Nothing was signed yet.", "tre reconcile")
    age = utc_now() - last[-1].time
    late = found.unprotected > 0 and age > LATE
    say = (
        f"{found.size} entries verified; {found.unprotected} are newer than the last checkpoint, "
        f"which is {int(age.total_seconds())} s old."
    )
    return Condition("log", "broken" if late else "ok", say, "tre reconcile" if late else "")


def _store(settings: Settings) -> Condition:
    try:
        depot(settings)
    except TreError as error:
        return Condition("object store", "broken", error.message)
    if settings.store == "posix":
        return Condition("object store", "ok", "Stored files lie below the state folder.")
    if not settings.s3_tls:
        status = "broken" if settings.mode == "production" else "off"
        say = "The way to the S3 server is not encrypted."
        return Condition("object store", status, say, "set TRE_S3_TLS=true")
    return Condition("object store", "ok", "The bucket answers us, and nobody without a key.")


def _backup(settings: Settings) -> Condition:
    if not settings.state_dir.exists():
        return Condition("backup", "off", "There is nothing yet to be backed up.")
    engine = connect(settings.database)
    try:
        with read(engine) as session:
            last = newest(session, "installation.backed_up")
    except (TreError, DBAPIError):
        return Condition("backup", "broken", "The log cannot be read.", "tre migrate")
    finally:
        engine.dispose()
    if last is None:
        return Condition("backup", "off", "There was never a backup.", "tre backup FOLDER")
    age = utc_now() - last
    say = f"The last backup is {age.days} days old."
    return Condition("backup", "off" if age > STALE else "ok", say, "tre backup FOLDER")


def _mirror(settings: Settings) -> Iterator[Condition]:
    """Say what is offered on this machine; a cluster's doors say it themselves."""
    if settings.engine != "local":
        return
    tree = trees.current(settings.mirror_dir)
    try:
        yield offered(len(trees.read(tree).projects()) if tree else 0, "tre mirror LOCK")
    except (Invalid, OSError):
        say = "The list of packages cannot be read; notebooks are offered none."
        yield Condition("package mirror", "broken", say, "tre mirror LOCK")


def _proofs(settings: Settings) -> Iterator[Condition]:
    if not settings.state_dir.exists():
        return
    try:
        with read(connect(settings.database)) as session:
            for row in queries.needing_work(session):
                proof = queries.last_proof(session, row.slug)
                if proof is None:
                    yield Condition(f"isolation of {row.slug}", "missing", "It was never proved.")
                    continue
                age = int((utc_now() - proof.at).total_seconds())
                say = f"{len(queries.probes(proof))} ways out tried {age} s ago."
                status = "ok" if proof.safe else "broken"
                yield Condition(f"isolation of {row.slug}", status, say)
    except TreError as error:
        yield Condition("database", "broken", error.message, "tre migrate")

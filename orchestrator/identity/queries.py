"""Reads: people, their roles, and whom a session or a token speaks for at this moment."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from orchestrator.errors import NotFound
from orchestrator.identity.csrf import token_for
from orchestrator.identity.models import (
    Certificate,
    Organisation,
    Person,
    RoleGrant,
    ServiceToken,
    WebSession,
)
from orchestrator.identity.tokens import TokenKind, fingerprint, well_formed
from orchestrator.values import Actor

IDLE = timedelta(minutes=30)
TOUCH_AFTER = timedelta(minutes=1)

ANONYMOUS = Actor(id="anonymous", person=None, name="somebody who is not signed in")
"""Stands in the log for refusals before anybody is known, such as a failed sign-in."""


@dataclass(frozen=True)
class SignedIn:
    """A living session of the control plane.

    Shape: `csrf` goes into each form; `until` is when it ends if nothing is done; `touch_due`
    asks for `service.touch_session`, at most once a minute, so that reads stay reads.
    """

    person: Person
    actor: Actor
    session_id: str
    csrf: str = field(repr=False)
    acr: str
    auth_time: datetime | None
    until: datetime
    touch_due: bool


@dataclass(frozen=True)
class Bearer:
    """Whom a service token speaks for.

    Shape: `owner` is the person's id, or the name of a process of ours; `scopes` bound a person's
    token further, see `tokens.scope_allows`; a process has none, no role and no `person`, and
    reaches the internal calls of its role only. `touch_due` asks for `service.touch_token`.
    """

    person: Person | None
    actor: Actor
    kind: TokenKind
    owner: str
    scopes: frozenset[str]
    until: datetime
    touch_due: bool


def handles(session: Session, person_ids: Iterable[str]) -> dict[str, str]:
    """Read people's names at hubs, by id; an unknown id has no entry."""
    query = select(Person.id, Person.handle).where(col(Person.id).in_(list(person_ids)))
    return dict(session.exec(query).all())


def person(session: Session, person_id: str) -> Person:
    """Read one person.

    Errors: NotFound.
    """
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound("There is no such person here.", code="person_unknown")
    return found


def person_by_handle(session: Session, handle: str) -> Person:
    """Read one person by their handle.

    Errors: NotFound.
    """
    found = session.exec(select(Person).where(Person.handle == handle)).one_or_none()
    if found is None:
        raise NotFound(f"There is no person {handle[:40]!r} here.", code="person_unknown")
    return found


def people(session: Session) -> list[Person]:
    """List everybody, by handle."""
    return list(session.exec(select(Person).order_by(Person.handle)))


def organisations(session: Session, *, partners_only: bool = False) -> list[Organisation]:
    """List organisations, by slug."""
    query = select(Organisation).order_by(Organisation.slug)
    return list(session.exec(query.where(Organisation.partner) if partners_only else query))


def roles_of(session: Session, person_id: str) -> frozenset[str]:
    """Read the roles a person holds now."""
    held = select(RoleGrant.role).where(
        RoleGrant.person_id == person_id, col(RoleGrant.revoked_at).is_(None)
    )
    return frozenset(session.exec(held))


def people_with_role(session: Session, role: str) -> list[Person]:
    """List who holds a role now and is not suspended, by handle."""
    query = select(Person).join(RoleGrant, col(RoleGrant.person_id) == Person.id)
    held = query.where(RoleGrant.role == role, col(RoleGrant.revoked_at).is_(None))
    active = held.where(col(Person.suspended_at).is_(None))
    return list(session.exec(active.order_by(Person.handle)))


def certificates_of(session: Session, person_id: str) -> dict[str, datetime]:
    """Read a person's certificates, expired ones too: kind → valid until."""
    rows = session.exec(select(Certificate).where(Certificate.person_id == person_id))
    return {row.kind: row.valid_until for row in rows}


def tokens_of(session: Session, owner: str) -> list[ServiceToken]:
    """List the tokens of an owner, newest first, revoked ones too; none shows its secret."""
    query = select(ServiceToken).where(ServiceToken.owner == owner)
    return list(session.exec(query.order_by(col(ServiceToken.created_at).desc())))


def actor_of(session: Session, someone: Person, session_id: str | None = None) -> Actor:
    """Build who acts from what is stored now; nothing of it comes from the provider's token."""
    return Actor(
        id=someone.actor_id,
        person=someone.id,
        name=someone.name,
        organisation=someone.organisation,
        roles=roles_of(session, someone.id),
        session=session_id,
    )


def session_actor(session: Session, secret: str, now: datetime) -> SignedIn | None:
    """Say who is signed in at the control plane with this secret, or None."""
    row = living_session(session, secret, None, now)
    if row is None:
        return None
    someone = person(session, row.person_id)
    return SignedIn(
        person=someone,
        actor=actor_of(session, someone, row.id),
        session_id=row.id,
        csrf=token_for(secret),
        acr=row.acr,
        auth_time=row.auth_time,
        until=_until(row),
        touch_due=now >= row.seen_at + TOUCH_AFTER,
    )


def project_session(session: Session, secret: str, project: str, now: datetime) -> Person | None:
    """Say who is signed in at exactly this project's host, or None; never what they may do."""
    row = living_session(session, secret, project, now)
    return None if row is None else person(session, row.person_id)


def session_until(
    session: Session, secret: str, project: str | None, now: datetime
) -> datetime | None:
    """Say when a session ends if nothing is done with it; None when it is not living."""
    row = living_session(session, secret, project, now)
    return None if row is None else _until(row)


def touch_due(session: Session, secret: str, project: str | None, now: datetime) -> bool:
    """Say whether `service.touch_session` would write: at most once a minute."""
    row = living_session(session, secret, project, now)
    return row is not None and now >= row.seen_at + TOUCH_AFTER


def token_actor(session: Session, token: str, now: datetime) -> Bearer | None:
    """Say whom a service token speaks for, or None: unknown, expired, revoked, owner suspended."""
    row = living_token(session, token, now)
    if row is None:
        return None
    kind = TokenKind(row.kind)
    someone = person(session, row.owner) if kind is TokenKind.PERSON else None
    return Bearer(
        person=someone,
        actor=_process(row.owner) if someone is None else actor_of(session, someone),
        kind=kind,
        owner=row.owner,
        scopes=frozenset(row.scopes),
        until=row.expires_at,
        touch_due=row.last_used_at is None or now >= row.last_used_at + TOUCH_AFTER,
    )


def living_token(session: Session, token: str, now: datetime) -> ServiceToken | None:
    """Find a token that still opens something; a person's one dies with their suspension."""
    if not well_formed(token):
        return None
    row = session.get(ServiceToken, fingerprint(token))
    if row is None or not hmac.compare_digest(row.token_hash, fingerprint(token)):
        return None
    if row.revoked_at is not None or not row.created_at <= now < row.expires_at:
        return None
    if row.kind == TokenKind.ROLE:
        return row
    owner = session.get(Person, row.owner)
    return row if owner is not None and owner.suspended_at is None else None


def living_session(
    session: Session, secret: str, project: str | None, now: datetime
) -> WebSession | None:
    """Find the session of a secret if it lives for exactly this host and its person may sign in."""
    row = session.get(WebSession, fingerprint(secret))
    if row is None or not hmac.compare_digest(row.secret_hash, fingerprint(secret)):
        return None
    if row.project != project or row.ended_at is not None or now >= _until(row):
        return None
    return row if person(session, row.person_id).suspended_at is None else None


def _until(row: WebSession) -> datetime:
    return min(row.seen_at + IDLE, row.expires_at)


def _process(role: str) -> Actor:
    return Actor(id=f"role:{role}", person=None, name=f"the {role}")

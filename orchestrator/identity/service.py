"""Writes: people, roles, sign-in, sessions, hand-overs, tokens. Says who, never what they may see.

A token's groups or entitlements never grant anything: roles come from `grant_role` alone.
"""

import hmac
import secrets
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select

from orchestrator.audit.log import append
from orchestrator.errors import Conflict, Invalid, NotAllowed, NotFound
from orchestrator.identity import queries
from orchestrator.identity.claims import Claims
from orchestrator.identity.csrf import token_for
from orchestrator.identity.models import (
    Certificate,
    HandoverCode,
    Organisation,
    Person,
    RoleGrant,
    ServiceToken,
    WebSession,
)
from orchestrator.identity.roles import SYSTEM_ROLE, CertificateKind, Role, demand
from orchestrator.identity.tokens import (
    MAX_DAYS,
    ProcessRole,
    TokenKind,
    fingerprint,
    shown_prefix,
    spell,
    unknown_scopes,
    well_formed,
)
from orchestrator.values import SYSTEM, Actor, JsonValue, parse_slug

ABSOLUTE = timedelta(hours=10)
HANDOVER = timedelta(seconds=60)
TOKEN_USE_LOGGED_EVERY = timedelta(days=1)


class Opened(NamedTuple):
    """What a browser gets: the secret for its cookie and the token for its forms."""

    secret: str
    csrf: str


# people


def register_organisation(
    session: Session, actor: Actor, now: datetime, *, slug: str, name: str, partner: bool
) -> Organisation:
    """Register an organisation people can belong to.

    Errors: Invalid for a name that cannot be one; Conflict when it is there already.
    """
    demand(actor, "identity.organisation.register")
    if session.get(Organisation, parse_slug(slug)) is not None:
        raise Conflict(f"The organisation {slug} is registered already.", code="organisation_known")
    row = Organisation(slug=slug, name=_one_line(name, "name"), partner=partner)
    session.add(row)
    _log(session, "organisation_registered", actor, now, "organisation", slug)
    return row


def register_person(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    handle: str,
    name: str,
    email: str,
    organisation: str,
    roles: Collection[str] = (),
) -> Person:
    """Register somebody before their first sign-in; the provider later vouches for the e-mail.

    Errors: Invalid for an impossible field; NotFound for the organisation; Conflict when handle
    or e-mail belong to somebody already.
    """
    demand(actor, "identity.person.register")
    if session.get(Organisation, organisation) is None:
        raise NotFound(f"There is no organisation {organisation[:40]!r}; register it first.")
    row = _new_person(
        handle=parse_slug(handle),
        name=_one_line(name, "name"),
        email=_email(email),
        organisation=organisation,
        now=now,
    )
    _refuse_twins(session, row)
    session.add(row)
    session.flush()
    _log(session, "person_registered", actor, now, "person", row.id)
    for role in roles:
        grant_role(session, actor, now, person_id=row.id, role=role)
    return row


def grant_role(session: Session, actor: Actor, now: datetime, *, person_id: str, role: str) -> None:
    """Give a role; giving it twice changes nothing. Nobody gives a role to themselves.

    Errors: Invalid for an unknown role; NotFound for the person; NotAllowed.
    """
    demand(actor, "identity.role.change")
    wanted = _role(role)
    someone = queries.person(session, person_id)
    if actor.person == someone.id:
        raise NotAllowed(
            "Nobody changes their own roles. Ask another administrator.", code="own_role"
        )
    if wanted in queries.roles_of(session, someone.id):
        return
    session.add(
        RoleGrant(
            id=f"g-{uuid.uuid4().hex}",
            person_id=someone.id,
            role=wanted.value,
            granted_by=actor.id,
            granted_at=now,
        )
    )
    session.flush()
    _log(session, "role_granted", actor, now, "person", someone.id, detail={"role": wanted.value})


def revoke_role(
    session: Session, actor: Actor, now: datetime, *, person_id: str, role: str
) -> None:
    """Take a role away; it is gone for the person's next request.

    Errors: Invalid for an unknown role; NotFound for the person or a role they do not hold.
    """
    demand(actor, "identity.role.change")
    held = select(RoleGrant).where(
        RoleGrant.person_id == queries.person(session, person_id).id,
        RoleGrant.role == _role(role).value,
        col(RoleGrant.revoked_at).is_(None),
    )
    row = session.exec(held).one_or_none()
    if row is None:
        raise NotFound("This person does not hold that role.", code="role_not_held")
    row.revoked_at, row.revoked_by = now, actor.id
    session.add(row)
    session.flush()
    _log(session, "role_revoked", actor, now, "person", person_id, detail={"role": row.role})


def add_certificate(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    person_id: str,
    kind: CertificateKind,
    valid_until: datetime,
) -> None:
    """Record a certificate, or its renewal.

    Errors: Invalid when it has ended already; NotFound for the person.
    """
    demand(actor, "identity.certificate.add")
    if valid_until <= now:
        raise Invalid("This certificate has ended already; enter a date in the future.")
    someone = queries.person(session, person_id)
    row = session.get(Certificate, (someone.id, kind.value))
    row = row or Certificate(person_id=someone.id, kind=kind.value, valid_until=valid_until)
    row.valid_until = valid_until
    session.add(row)
    _log(
        session, "certificate_added", actor, now, "person", someone.id, detail={"kind": kind.value}
    )


def suspend_person(
    session: Session, actor: Actor, now: datetime, *, person_id: str, reason: str
) -> None:
    """Let somebody in nowhere any more: sessions and tokens end with this transaction.

    Errors: Invalid without a reason; NotFound for the person; Conflict when suspended already.
    """
    demand(actor, "identity.person.suspend")
    someone = queries.person(session, person_id)
    if someone.suspended_at is not None:
        raise Conflict("This person is suspended already.", code="suspended_already")
    someone.suspended_at, someone.suspended_reason = now, _one_line(reason, "reason")
    session.add(someone)
    session.flush()
    _log(session, "person_suspended", actor, now, "person", someone.id, text=reason)
    end_sessions(session, actor, now, person_id=someone.id)
    for token in queries.tokens_of(session, someone.id):
        _revoke(session, actor, now, token)


def resume_person(session: Session, actor: Actor, now: datetime, *, person_id: str) -> None:
    """Let a suspended person sign in again; old sessions and tokens stay dead.

    Errors: NotFound for the person; Conflict when they are not suspended.
    """
    demand(actor, "identity.person.resume")
    someone = queries.person(session, person_id)
    if someone.suspended_at is None:
        raise Conflict("This person is not suspended.", code="not_suspended")
    someone.suspended_at = someone.suspended_reason = None
    session.add(someone)
    _log(session, "person_resumed", actor, now, "person", someone.id)


# sign-in and sessions


def sign_in(session: Session, claims: Claims, now: datetime) -> Person:
    """Find who came, by (issuer, subject), else link a registered person by verified e-mail.

    Shape: whoever is not registered becomes a visitor without organisation or role; groups in
    the token are not looked at.
    Errors: NotAllowed for a suspended person, or when the e-mail address already belongs to
    somebody who signs in otherwise (an address can change hands).
    """
    known = session.exec(
        select(Person).where(Person.issuer == claims.issuer, Person.subject == claims.subject)
    ).one_or_none()
    someone = known or _link(session, claims, now) or _visitor(session, claims, now)
    if someone.suspended_at is not None:
        raise NotAllowed(
            "Your account is suspended. Ask the administrator of the alliance why.",
            code="person_suspended",
        )
    return someone


def open_session(
    session: Session,
    person: Person,
    now: datetime,
    *,
    acr: str,
    auth_time: datetime | None,
    replaces: str | None = None,
) -> Opened:
    """Open a session at the control plane with a new secret; the one it replaces ends.

    Units: it lives 30 minutes after its last use and 10 hours at most.
    Source: governance section 7 (rotated at login).
    """
    if replaces is not None:
        end_session(session, replaces, now)
    secret = secrets.token_urlsafe(32)
    row = WebSession(
        secret_hash=fingerprint(secret),
        id=f"w-{uuid.uuid4().hex}",
        person_id=person.id,
        acr=acr,
        auth_time=auth_time,
        created_at=now,
        seen_at=now,
        expires_at=now + ABSOLUTE,
    )
    session.add(row)
    session.flush()
    actor = queries.actor_of(session, person, row.id)
    _log(session, "login", actor, now, "person", person.id, detail={"acr": acr})
    return Opened(secret, token_for(secret))


def touch_session(session: Session, secret: str, project: str | None, now: datetime) -> bool:
    """Note that a session is in use, if `queries.touch_due` still says so; not audited."""
    if not queries.touch_due(session, secret, project, now):
        return False
    row = queries.living_session(session, secret, project, now)
    assert row is not None, "due implies living"
    row.seen_at = now
    session.add(row)
    return True


def end_session(
    session: Session, secret: str, now: datetime, *, project: str | None = None
) -> None:
    """Sign out: this session and those handed over from it to project hosts end; twice is once.

    Shape: where a project's host asks, `project` names it; a session of another place goes on.
    """
    row = session.get(WebSession, fingerprint(secret))
    if row is None or row.ended_at is not None:
        return
    if project is not None and row.project != project:
        return
    family = or_(col(WebSession.id) == row.id, col(WebSession.parent_id) == row.id)
    _end_where(session, now, family)
    session.refresh(row)
    actor = queries.actor_of(session, queries.person(session, row.person_id), row.id)
    _log(session, "logout", actor, now, "person", row.person_id, project=row.project)


def end_sessions(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    person_id: str | None = None,
    project: str | None = None,
) -> int:
    """End all living sessions of a person, at a project's host, or (neither named) of everybody.

    Shape: returns how many. With `project`, sessions at the control plane go on. Whether the
    actor may is decided by the caller: suspension, halt and removal of a member end here.
    """
    chosen = [col(WebSession.person_id) == person_id] if person_id is not None else []
    chosen += [col(WebSession.project) == project] if project is not None else []
    ended = _end_where(session, now, *chosen)
    if ended:
        _log(
            session,
            "session_revoked",
            actor,
            now,
            "person" if person_id else "installation",
            person_id or "all",
            project=project,
            detail={"sessions": ended},
        )
    return ended


# hand-over to a project's host


def make_handover(
    session: Session, actor: Actor, project: str, state_hash: str, now: datetime
) -> str:
    """Make a code that opens a session at one project's host, once, within 60 seconds.

    Shape: `state_hash` is the SHA-256 (64 hexadecimal digits) of the state cookie that the
    project's host set before it sent the browser here; the code is shown once.
    Errors: NotAllowed for an actor without a session; Invalid for a malformed hash.
    """
    if actor.person is None or actor.session is None:
        raise NotAllowed("Sign in with a browser first.", code="not_signed_in")
    if len(state_hash) != 64 or not set(state_hash) <= set("0123456789abcdef"):
        raise Invalid("Open the project's address again; this link was incomplete.", code="state")
    code = secrets.token_urlsafe(32)
    row = HandoverCode(
        code_hash=fingerprint(code),
        person_id=actor.person,
        session_id=actor.session,
        project=parse_slug(project),
        state_hash=state_hash,
        created_at=now,
        expires_at=now + HANDOVER,
    )
    session.add(row)
    _log(session, "handover_made", actor, now, "person", actor.person, project=project)
    return code


def redeem_handover(
    session: Session, project: str, code: str, state: str, now: datetime
) -> tuple[str, Person]:
    """Turn a code into a session at exactly this project's host, exactly once.

    Shape: `state` is the value of the cookie the host set before; returns the session's secret.
    Errors: NotAllowed with code handover_unknown, _replayed, _expired, _project, _state or
    _session_ended; one sentence for all, so that the answer helps nobody to guess. The door
    records the refusal.
    """
    row = session.get(HandoverCode, fingerprint(code))
    parent = _check_handover(session, row, project, state, now)
    assert row is not None, "an unknown code was refused"
    used = session.execute(
        update(HandoverCode)
        .where(
            col(HandoverCode.code_hash) == row.code_hash,
            col(HandoverCode.used_at).is_(None),
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise _handover_refused("replayed")
    return _open_at_project(session, parent, project, now)


# service tokens


def mint_token(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    owner: str,
    kind: TokenKind,
    scopes: Collection[str],
    days: int,
) -> str:
    """Make a token for programs and show it this once.

    Shape: people make their own only; tokens of our processes are made by the system.
    Units: `days` 1 to 90.
    Errors: NotAllowed for somebody else's token; Invalid for days or scopes.
    """
    demand(actor, "identity.token.mint")
    _check_owner(actor, owner, kind)
    _check_scopes(frozenset(scopes), kind)
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(f"A token lives 1 to {MAX_DAYS} days; {days} is not possible.", code="days")
    token = spell(kind, secrets.token_hex(32))
    row = ServiceToken(
        token_hash=fingerprint(token),
        prefix=shown_prefix(token),
        kind=kind.value,
        owner=owner,
        scopes=sorted(scopes),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    _log(session, "token_created", actor, now, "token", row.prefix, detail={"days": days})
    return token


def admit_role_token(session: Session, role: str, token: str, now: datetime) -> None:
    """Take a token that a cluster keeps for a process of ours, or let it live on.

    Errors: Invalid for what is no token of a process, or was revoked or is another's.
    """
    sound = well_formed(token) and token.startswith(f"tre_{TokenKind.ROLE}_")
    row = session.get(ServiceToken, fingerprint(token)) if sound else None
    if not sound or (row is not None and (row.revoked_at is not None or row.owner != role)):
        raise Invalid(
            f"The token that the cluster keeps for {role} opens nothing. Delete the Secret "
            f"role-{role}, then upgrade the installation: a new one is made.",
            code="role_token",
        )
    if row is None:
        row = ServiceToken(
            token_hash=fingerprint(token),
            prefix=shown_prefix(token),
            kind=TokenKind.ROLE.value,
            owner=role,
            scopes=[],
            created_at=now,
            expires_at=now,
        )
    row.expires_at = now + timedelta(days=MAX_DAYS)
    session.add(row)
    session.flush()
    _log(session, "token_created", SYSTEM, now, "token", row.prefix, detail={"days": MAX_DAYS})


def touch_token(session: Session, token: str, now: datetime) -> None:
    """Note a token's use when `Bearer.touch_due` asks for it; in the log once a day."""
    row = queries.living_token(session, token, now)
    bearer = queries.token_actor(session, token, now)
    if row is None or bearer is None or not bearer.touch_due:
        return
    if row.last_used_at is None or now >= row.last_used_at + TOKEN_USE_LOGGED_EVERY:
        _log(session, "token_used", bearer.actor, now, "token", row.prefix)
    row.last_used_at = now
    session.add(row)


def revoke_token(session: Session, actor: Actor, now: datetime, *, prefix: str) -> None:
    """End a token by the letters shown in the list; own tokens, or any as administrator.

    Errors: NotFound when there is none of yours; what is revoked already stays so.
    """
    demand(actor, "identity.token.revoke")
    row = session.exec(select(ServiceToken).where(ServiceToken.prefix == prefix)).one_or_none()
    may = {Role.ADMINISTRATOR.value, SYSTEM_ROLE} & actor.roles
    if row is None or not (may or row.owner == actor.person):
        raise NotFound("You have no such token.", code="token_unknown")
    _revoke(session, actor, now, row)


# parts


def _new_person(
    *, handle: str, name: str, email: str | None, organisation: str | None, now: datetime
) -> Person:
    return Person(
        id=f"u-{uuid.uuid4().hex}",
        handle=handle,
        name=name,
        email=email,
        organisation=organisation,
        actor_id=f"a-{uuid.uuid4().hex}",
        created_at=now,
    )


def _refuse_twins(session: Session, row: Person) -> None:
    if session.exec(select(Person.id).where(Person.handle == row.handle)).first() is not None:
        raise Conflict(f"The handle {row.handle} is taken; choose another.", code="handle_taken")
    if session.exec(select(Person.id).where(Person.email == row.email)).first() is not None:
        raise Conflict("Somebody is registered with this e-mail address.", code="email_taken")


def _link(session: Session, claims: Claims, now: datetime) -> Person | None:
    if claims.email is None or not claims.email_verified:
        return None
    someone = session.exec(select(Person).where(Person.email == claims.email)).one_or_none()
    if someone is None:
        return None
    if someone.subject is not None:
        raise NotAllowed(
            "This e-mail address belongs to somebody who signs in with another account. Use that "
            "account, or ask the administrator.",
            code="email_linked_elsewhere",
        )
    someone.issuer, someone.subject = claims.issuer, claims.subject
    session.add(someone)
    session.flush()
    actor = queries.actor_of(session, someone)
    _log(session, "person_linked", actor, now, "person", someone.id)
    return someone


def _visitor(session: Session, claims: Claims, now: datetime) -> Person:
    someone = _new_person(
        handle=f"v-{uuid.uuid4().hex[:12]}",
        name=" ".join(claims.name.split())[:200],
        email=claims.email if claims.email_verified else None,
        organisation=None,
        now=now,
    )
    someone.issuer, someone.subject = claims.issuer, claims.subject
    session.add(someone)
    session.flush()
    actor = queries.actor_of(session, someone)
    _log(session, "visitor_registered", actor, now, "person", someone.id)
    return someone


def _end_where(session: Session, now: datetime, *chosen: ColumnElement[bool]) -> int:
    session.flush()
    ended = session.execute(
        update(WebSession)
        .where(col(WebSession.ended_at).is_(None), *chosen)
        .values(ended_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


def _check_handover(
    session: Session, row: HandoverCode | None, project: str, state: str, now: datetime
) -> WebSession:
    if row is None:
        raise _handover_refused("unknown")
    if not row.created_at <= now < row.expires_at:
        raise _handover_refused("expired")
    if row.project != project:
        raise _handover_refused("project")
    if not hmac.compare_digest(row.state_hash, fingerprint(state)):
        raise _handover_refused("state")
    parent = session.exec(select(WebSession).where(WebSession.id == row.session_id)).one()
    if parent.ended_at is not None or now >= parent.expires_at:
        raise _handover_refused("session_ended")
    return parent


def _handover_refused(why: str) -> NotAllowed:
    return NotAllowed(
        "This way into the project was used already or is too old. Open the project's address "
        "again.",
        code=f"handover_{why}",
    )


def _open_at_project(
    session: Session, parent: WebSession, project: str, now: datetime
) -> tuple[str, Person]:
    """A child session ends no later than the sign-in it came from."""
    secret = secrets.token_urlsafe(32)
    row = WebSession(
        secret_hash=fingerprint(secret),
        id=f"w-{uuid.uuid4().hex}",
        person_id=parent.person_id,
        project=project,
        parent_id=parent.id,
        acr=parent.acr,
        auth_time=parent.auth_time,
        created_at=now,
        seen_at=now,
        expires_at=parent.expires_at,
    )
    session.add(row)
    session.flush()
    someone = queries.person(session, parent.person_id)
    actor = queries.actor_of(session, someone, row.id)
    _log(session, "handover_redeemed", actor, now, "person", someone.id, project=project)
    return secret, someone


def _check_owner(actor: Actor, owner: str, kind: TokenKind) -> None:
    if kind is TokenKind.PERSON and actor.person == owner:
        return
    if kind is TokenKind.ROLE and SYSTEM_ROLE in actor.roles and owner in set(ProcessRole):
        return
    raise NotAllowed(
        "A token can be made by its owner only; those of our own processes by the system.",
        code="token_not_yours",
    )


def _check_scopes(scopes: frozenset[str], kind: TokenKind) -> None:
    if kind is TokenKind.ROLE:
        assert not scopes, "our own processes reach the internal calls of their role, nothing else"
        return
    unknown = sorted(unknown_scopes(scopes))
    if unknown or not scopes:
        what = f"{unknown[0][:60]!r} is none" if unknown else "none was named"
        raise Invalid(
            f"A token needs scopes such as airlock.request.submit or airlock.*; {what}.",
            code="scopes",
        )


def _revoke(session: Session, actor: Actor, now: datetime, row: ServiceToken) -> None:
    if row.revoked_at is not None:
        return
    row.revoked_at = now
    session.add(row)
    _log(session, "token_revoked", actor, now, "token", row.prefix)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        known = ", ".join(Role)
        raise Invalid(f"There is no role {text[:40]!r}; the roles are {known}.") from error


def _one_line(text: str, what: str) -> str:
    line = " ".join(text.split())
    if not 0 < len(line) <= 200:
        raise Invalid(f"Write a {what} of 1 to 200 characters.", code=f"bad_{what}")
    return line


def _email(text: str) -> str:
    address = text.strip().lower()
    local, at, domain = address.partition("@")
    if not (local and at and domain) or "@" in domain or len(address) > 254 or " " in address:
        raise Invalid("Write an e-mail address such as ada@hospital.example.", code="bad_email")
    return address


def _log(
    session: Session,
    event: str,
    actor: Actor,
    now: datetime,
    object_type: str,
    object_id: str,
    *,
    project: str | None = None,
    detail: dict[str, JsonValue] | None = None,
    text: str | None = None,
) -> None:
    append(
        session,
        action=f"identity.{event}",
        actor=actor,
        now=now,
        object_type=object_type,
        object_id=object_id,
        project=project,
        detail=detail,
        text=text,
    )

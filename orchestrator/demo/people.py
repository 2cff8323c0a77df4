"""Made-up people of made-up organisations, one or more for each role, and how they are seeded."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from orchestrator.identity import queries, service
from orchestrator.identity.models import Person
from orchestrator.identity.roles import CertificateKind, Role
from orchestrator.values import SYSTEM

CERTIFICATES_LAST = timedelta(days=365)


@dataclass(frozen=True)
class DemoOrganisation:
    """An organisation that does not exist."""

    slug: str
    name: str
    partner: bool


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who does not exist. `does` says in the list of accounts what they are here for."""

    handle: str
    name: str
    organisation: str
    roles: tuple[Role, ...]
    does: str
    certificate: CertificateKind | None = None

    @property
    def email(self) -> str:
        """An address below a name that is reserved for examples."""
        return f"{self.handle}@{self.organisation}.example"

    @property
    def subject(self) -> str:
        """What the development provider calls this person: not the handle, as in real life."""
        return hashlib.sha256(f"demo:{self.handle}".encode()).hexdigest()[:24]


ORGANISATIONS = (
    DemoOrganisation("northern-registry", "Northern Example Registry", True),
    DemoOrganisation("lakeside-institute", "Lakeside Example Institute", True),
    DemoOrganisation("harbour-hospital", "Harbour Example Hospital", True),
    DemoOrganisation("meadow-university", "Meadow Example University", False),
    DemoOrganisation("alliance-office", "Office of the Example Alliance", False),
    DemoOrganisation("patients-forum", "Example Patients' Forum", False),
)

_TRAINED, _CERTIFIED = CertificateKind.RESEARCHER_TRAINING, CertificateKind.OUTPUT_CHECKER

PEOPLE = (
    DemoPerson("rosa", "Rosa Researcher", "meadow-university", (Role.RESEARCHER,),
               "writes the analysis and asks for releases", _TRAINED),
    DemoPerson("milo", "Milo Member", "meadow-university", (Role.RESEARCHER,),
               "works in the same project", _TRAINED),
    DemoPerson("lena", "Lena Lead", "meadow-university", (Role.RESEARCHER,),
               "leads the project", _TRAINED),
    DemoPerson("cora", "Cora Checker", "harbour-hospital", (Role.CHECKER,),
               "checks outputs, first vote", _CERTIFIED),
    DemoPerson("cyrus", "Cyrus Checker", "harbour-hospital", (Role.CHECKER,),
               "checks outputs, second vote", _CERTIFIED),
    DemoPerson("odin", "Odin Owner", "northern-registry", (Role.ASSET_OWNER,),
               "speaks for the northern data"),
    DemoPerson("olga", "Olga Owner", "lakeside-institute", (Role.ASSET_OWNER,),
               "speaks for the lakeside data"),
    DemoPerson("stella", "Stella Steward", "northern-registry", (Role.DATA_STEWARD,),
               "prepares the northern snapshots"),
    DemoPerson("sven", "Sven Steward", "lakeside-institute", (Role.DATA_STEWARD,),
               "prepares the lakeside snapshots"),
    DemoPerson("mara", "Mara Methods", "alliance-office", (Role.METHODS_REVIEWER,),
               "reviews methods"),
    DemoPerson("lotte", "Lotte Layperson", "patients-forum", (Role.LAY_PANEL,),
               "reviews the public benefit"),
    DemoPerson("ada", "Ada Administrator", "alliance-office", (Role.ADMINISTRATOR,),
               "sets up, suspends and halts"),
    DemoPerson("aldo", "Aldo Auditor", "alliance-office", (Role.AUDITOR,),
               "reads and verifies the log"),
)  # fmt: skip


def seed(session: Session, now: datetime) -> dict[str, Person]:
    """Register everybody who is not there yet, through the services; running it again is harmless.

    Shape: handle → person.
    """
    known = {row.slug for row in queries.organisations(session)}
    for there in ORGANISATIONS:
        if there.slug not in known:
            service.register_organisation(
                session, SYSTEM, now, slug=there.slug, name=there.name, partner=there.partner
            )
    session.flush()
    found = {row.handle: row for row in queries.people(session)}
    return {one.handle: found.get(one.handle) or _register(session, one, now) for one in PEOPLE}


def _register(session: Session, one: DemoPerson, now: datetime) -> Person:
    person = service.register_person(
        session,
        SYSTEM,
        now,
        handle=one.handle,
        name=one.name,
        email=one.email,
        organisation=one.organisation,
        roles=one.roles,
    )
    if one.certificate is not None:
        service.add_certificate(
            session,
            SYSTEM,
            now,
            person_id=person.id,
            kind=one.certificate,
            valid_until=now + CERTIFICATES_LAST,
        )
    return person

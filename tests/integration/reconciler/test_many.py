"""Many workspaces at rest: a look at all of them asks as much as a look at one."""

import copy
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from sqlalchemy import event
from sqlmodel import Session, SQLModel, col, select

from orchestrator.projects.models import Grant, Member, Project
from orchestrator.reconciler import halts, workspaces
from orchestrator.reconciler.lane import Work
from orchestrator.workspaces.models import Workspace
from tests.reconciler_world import House

Row = TypeVar("Row", bound=SQLModel)


def again(row: Row, **changed: object) -> Row:
    """A row as another one is."""
    return type(row)(**(row.model_dump() | changed))


def multiply(session: Session, house: House, many: int) -> None:
    """Put copies of the one open workspace, its project, members and grants beside it."""
    project = session.get_one(Project, house.project.project.id)
    parts = [
        *session.exec(select(Member).where(Member.project_id == project.id)),
        *session.exec(select(Grant).where(Grant.project_id == project.id)),
    ]
    for number in range(many):
        key, slug = f"p-{uuid.uuid4().hex}", f"copy-{number:05d}"
        session.add(again(project, id=key, slug=slug))
        session.flush()
        session.add_all(again(part, project_id=key) for part in parts)
        session.add(again(house.workspace(), id=f"w-{uuid.uuid4().hex}", project_id=key, slug=slug))
        house.engine.projects[slug] = copy.copy(house.world)


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(house.hands.db, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(house.hands.db, "before_cursor_execute", note)


@pytest.mark.parametrize("work", [workspaces.WORK, halts.WORK], ids=lambda work: work.kind)
def test_a_look_at_many_asks_as_much_as_a_look_at_one(at_work: House, work: Work) -> None:
    """One question more for each would be seconds for a thousand, and a halt would wait."""
    with counted(at_work) as one:
        assert work.due(at_work.hands, at_work.clock.now) == []
    at_work.act(lambda session: multiply(session, at_work, 30))
    assert at_work.turn(workspaces.WORK) == []  # each is asked of the engine under its own name
    with counted(at_work) as many:
        assert work.due(at_work.hands, at_work.clock.now) == []
    assert 0 < len(many) <= len(one)


def test_each_of_many_is_still_seen_by_itself(at_work: House) -> None:
    """Of many one has ended, one lost its data, one a member: these three and no other are due."""
    at_work.act(lambda session: multiply(session, at_work, 30))
    assert at_work.turn(workspaces.WORK) == []  # each is asked of the engine under its own name

    def change(session: Session) -> None:
        copies = session.exec(select(Workspace).where(col(Workspace.slug).like("copy-%"))).all()
        session.get_one(Project, copies[3].project_id).state = "closed"
        copies[5].mounts_digest = None
        for member in session.exec(
            select(Member).where(Member.project_id == copies[7].project_id)
        ).all()[:1]:
            member.removed_at = at_work.clock.now

    at_work.act(change)
    due = workspaces.WORK.due(at_work.hands, at_work.clock.now)
    rows = {row.id: row.slug for row in all_rows(at_work)}
    assert sorted(rows[key] for key in due) == ["copy-00003", "copy-00005", "copy-00007"]


def all_rows(house: House) -> list[Workspace]:
    """Every environment."""
    found: list[Workspace] = []
    house.act(lambda session: found.extend(session.exec(select(Workspace))))
    return found

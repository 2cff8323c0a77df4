"""What each rule of the check engine looks for, where it comes from, and how often it was wrong."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from orchestrator.airlock.queries import disagreements
from orchestrator.bootstrap.request import Caller, Parts, ReadSession, may
from orchestrator.errors import NotFound
from orchestrator.outputs.rules.registry import RULES, rule
from orchestrator.web.render import page

router = APIRouter()
Reader = Annotated[Caller, Depends(may("airlock.request.read"))]


@router.get("/rules")
def listed(request: Request, session: ReadSession, who: Reader) -> Response:
    """List all rules that files are checked by."""
    counted = disagreements(session)
    return page(request, "rules.html", who, title="Rules", rules=RULES, counted=counted)


@router.get("/rules/{identifier}")
def shown(
    request: Request, session: ReadSession, control: Parts, who: Reader, identifier: str
) -> Response:
    """Show one rule: its text, its source, and the values that hold here."""
    found = rule(identifier)
    if found is None:
        raise NotFound("There is no such rule. Open the list of rules.", code="rule_unknown")
    return page(
        request,
        "rule.html",
        who,
        title=f"{found.id}: {found.title}",
        crumbs=(("/rules", "Rules"),),
        rule=found,
        parameters=found.parameters(control.policies.outputs),
        counted=disagreements(session).get(found.id, (0, 0)),
    )

"""Which numbers a request is judged by: everybody's, or stricter ones of its datasets or project.

Source: outputs section 3 (thresholds inherited dataset, project, request, stamped by digest).
"""

from sqlmodel import Session

from orchestrator.airlock.models import Request
from orchestrator.datasets import queries as datasets
from orchestrator.policy.model import Policies
from orchestrator.policy.outputs import OutputsPolicy


def of_request(session: Session, row: Request, policies: Policies) -> OutputsPolicy:
    """Give the policy of one request: the strictest of all datasets its project has or had."""
    slugs = {granted.dataset for granted in datasets.granted_or_had(session, row.project_id)}
    return policies.outputs.within(sorted(slugs), row.slug)

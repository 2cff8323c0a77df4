"""Many may stop, few may start again: the whole table."""

from itertools import product

from orchestrator.governance.halts import Scope, may_halt, may_resume

ROLES = ("administrator", "system", "asset_owner", "checker", "researcher", "auditor")


def test_who_may_halt_what() -> None:
    allowed = {
        (role, scope.value, own)
        for role, scope, own in product(ROLES, Scope, (True, False))
        if may_halt(frozenset({role}), "clinic-a", scope, "clinic-a" if own else "clinic-b")
    }
    anything = set(product(("administrator", "system"), (s.value for s in Scope), (True, False)))
    assert allowed == anything | {("asset_owner", "dataset", True)}


def test_a_person_without_organisation_owns_no_data() -> None:
    assert not may_halt(frozenset({"asset_owner"}), None, Scope.DATASET, None)


def test_who_may_resume() -> None:
    allowed = {
        (role, same)
        for role, same in product(ROLES, (True, False))
        if may_resume(frozenset({role}), "u-1", "u-1" if same else "u-2")
    }
    assert allowed == {("administrator", False), ("system", True)}


def test_a_refused_resume_says_every_reason() -> None:
    decision = may_resume(frozenset({"checker"}), "u-1", "u-1")
    assert [reason.code for reason in decision.reasons] == ["role_missing", "same_person"]

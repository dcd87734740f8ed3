"""Who answers for a piece of follow-up: sub-selects that name the person in the same query as the work itself."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, OuterRef, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce

from accounts import queries as account_queries
from patients import queries as patient_queries
from treatments import queries as treatment_queries

M = TypeVar("M", bound=Model)


def with_owner(rows: QuerySet[M], *, plan: str, own: str = "", treatment: str = "") -> QuerySet[M]:
    """The rows with `answers_for` (a user's id) and `owner_name`, both None when nobody can be found. No query more.

    Whoever took the work (column `own`) answers for it; else the owner of the `treatment` in the `plan`; else the
    signer of the plan who is still on the patient's care team; else whoever has been on that team longest. People who
    may no longer sign in answer for nothing. `plan`, `own` and `treatment` name columns of the rows.
    """
    candidates: list[Any] = [Subquery(account_queries.who_may_sign_in(OuterRef(own)))] if own else []
    if treatment:
        candidates.append(Subquery(treatment_queries.item_owner(OuterRef(plan), OuterRef(treatment))))
    candidates += [
        Subquery(patient_queries.place_in_team(OuterRef("patient_id")).filter(user_id=OuterRef("signer_id"))[:1]),
        Subquery(patient_queries.place_in_team(OuterRef("patient_id"))[:1]),
    ]
    signer = Subquery(treatment_queries.signer(OuterRef(plan)))
    found = rows.annotate(signer_id=signer).annotate(answers_for=Coalesce(*candidates, output_field=UUIDField()))
    return found.annotate(owner_name=Subquery(account_queries.name_of(OuterRef("answers_for"))))


def name_of(row: Model) -> str:
    """Who answers for a row that was read with its owner; empty when nobody can be found."""
    return getattr(row, "owner_name", None) or ""


def concerned(user_id: Any, taken: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """The ids of the patients for whom somebody may have work: as part of the team, as owner in a plan, or `taken`."""
    return patient_queries.looked_after_by(user_id).union(treatment_queries.patients_of_owner(user_id), taken)

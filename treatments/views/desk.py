"""What every page of the plan begins with: who looks at whose plan, and where the reader is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import Http404, HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import queries as account_queries
from accounts.access import actor_of
from accounts.audit import Actor
from accounts.roles import CARE_ROLES, SIGNING_ROLES, Permission
from patients import queries as patient_queries
from patients.access import patient_for
from treatments import agreements, forms, plan_presenters, plan_readiness, presenters, queries
from treatments.order_presenters import Batch, batches
from treatments.orders import Line, order_lines
from treatments.plan_record import ItemRecord, PlanRecord
from treatments.preference_moves import Move, moves
from treatments.proposal.changes import ChangeSearch
from treatments.snapshot import Snapshot, snapshot

if TYPE_CHECKING:
    from patients.models import Patient

FormPage = require_http_methods(["GET", "POST"])
CONFLICT = 409
REFUSED = 422


@dataclass(frozen=True)
class Desk:
    """Who looks at whose plan today and from which place on its page, and what follows from the record."""

    actor: Actor
    patient: Patient
    today: date
    place: presenters.Place

    @cached_property
    def shown(self) -> Snapshot:
        return snapshot(self.patient, self.today)

    @cached_property
    def search(self) -> ChangeSearch:
        """What would change the options; asked only for those that a page shows."""
        return ChangeSearch(self.shown.facts, self.shown.rulebook)

    @cached_property
    def plan(self) -> PlanRecord | None:
        return queries.open_of(self.patient.pk)

    @property
    def draft(self) -> PlanRecord:
        if self.plan is None or not self.plan.is_draft:
            raise Http404(_("There is no open draft of a plan. It was signed or thrown away."))
        return self.plan

    @cached_property
    def moves(self) -> Mapping[str, Move]:
        """What the wishes of the patient did to the options; where there are none, nothing is computed."""
        return moves(self.shown.facts, self.shown.rulebook, self.shown.proposal)

    def staff(self) -> list[tuple[UUID, str]]:
        return [(person.pk, str(person)) for person in account_queries.staff_of(self.actor.organisation_id, CARE_ROLES)]

    def signers(self) -> list[tuple[UUID, str]]:
        """Who may sign this plan, without the reader."""
        people = account_queries.staff_of(self.actor.organisation_id, SIGNING_ROLES)
        return [(person.pk, str(person)) for person in people if person.pk != self.actor.user_id]

    def order_lines(self, plan: PlanRecord) -> tuple[Line, ...]:
        """What a plan asks somebody to do."""
        signers = account_queries.staff_of(self.actor.organisation_id, SIGNING_ROLES)
        before = queries.plan_before(plan)
        return order_lines(plan, self.shown, before=before, prescribers={person.pk for person in signers})

    def batches(self) -> list[Batch]:
        """What was ordered from the plan."""
        return batches(patient_queries.ordered(self.patient.pk), self.plan.id) if self.plan else []

    def view(self) -> plan_presenters.PlanView | None:
        if self.plan is None:
            return None
        if not self.plan.is_draft:
            return plan_presenters.plan_view(self.plan, self.shown)
        live = plan_readiness.live_check_of(self.plan, self.shown)
        wanted = plan_readiness.needs_of(self.plan, self.shown, live)
        return plan_presenters.plan_view(self.plan, self.shown, live, wanted, self.gaps)

    @cached_property
    def gaps(self) -> tuple[plan_readiness.Gap, ...]:
        return plan_readiness.gaps_of(self.draft, self.shown)

    def item_form(
        self, item: ItemRecord, staff: Sequence[tuple[UUID, str]], posted: Mapping[str, Any] | None = None
    ) -> forms.ItemForm:
        agent = self.shown.rulebook.agent_by_id.get(item.ref_id)
        return forms.ItemForm(posted, item=item, staff=staff, agent=agent, gaps=self.gaps, patient_id=self.patient.pk)

    def plan_form(self, posted: Mapping[str, Any] | None = None) -> forms.PlanForm:
        rulebook = self.shown.rulebook
        return forms.PlanForm(
            posted,
            plan=self.draft,
            templates=rulebook.goals,
            rules=rulebook.goal_rules,
            gaps=self.gaps,
            patient_id=self.patient.pk,
        )

    def agreement_form(self, item: ItemRecord, posted: Mapping[str, Any] | None = None) -> forms.AgreementForm | None:
        """What is agreed about an item, or proposed where nothing is yet; None where the rulebook knows of neither."""
        rulebook = self.shown.rulebook
        if rulebook.agreements is None or item.ref_id not in {*rulebook.agent_by_id, *rulebook.therapy_by_id}:
            return None
        stored = self.draft.agreement(item.ref_id)
        agreed = stored or agreements.proposed(item, self.draft.items, self.shown)
        return forms.AgreementForm(
            posted,
            item=item,
            agreed=agreed,
            rules=rulebook.agreements,
            options=agreements.choices(item, self.shown),
            is_stored=stored is not None,
            patient_id=self.patient.pk,
        )

    def frame(self) -> dict[str, Any]:
        """What every page of the plan has. The banner comes from the rows that the proposal was made of."""
        return {"patient": self.patient, "today": self.today, "place": self.place, "banner_rows": self.shown.banner}


def desk_of(request: HttpRequest, patient_id: UUID, permission: Permission = Permission.VIEW_PATIENT) -> Desk:
    """The desk of a reader who may see this patient and do this with the plan; PatientNotFound or Denied otherwise."""
    actor = actor_of(request)
    return Desk(actor, patient_for(actor, patient_id, permission), timezone.localdate(), _place_of(request, patient_id))


def _place_of(request: HttpRequest, patient_id: UUID) -> presenters.Place:
    """The list and the option that the reader looks at, and what is marked to be compared: every page of the plan keeps
    it in its address, and a form of the first page sends it along."""
    given = request.GET.dict() | request.POST.dict()
    view = given.get("view", "")
    view = view if view in presenters.VIEWS else presenters.VIEWS[0]
    marked = tuple(dict.fromkeys(part[:80] for part in given.get("marked", "").split(",") if part))
    return presenters.Place(patient_id, view, given.get("show", "")[:80], marked[: presenters.MOST])


def seen_anew(request: HttpRequest, seen: str) -> QueryDict:
    """What was sent, with the identity of what stands there now: nothing that was typed is lost."""
    again = request.POST.copy()
    again["seen"] = seen
    return again


def same_patient(request: HttpRequest, patient_id: UUID) -> None:
    """Two tabs with two patients: a button pressed on one page never acts on the other patient."""
    if request.POST.get("patient_id") != str(patient_id):
        raise Http404(_("This form belongs to another patient. Open the plan again."))

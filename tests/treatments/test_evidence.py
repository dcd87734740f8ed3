"""Evidence past its review: which pieces of the content are, one task for each, and when it is closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.access import Denied
from accounts.audit import Actor
from accounts.models import AuditEvent, Organisation
from accounts.tenancy import tenant
from tests.cast import Member
from tests.treatments.test_pages import words
from treatments import evidence, releases, services
from treatments.content import shipped
from treatments.models import EvidenceReview
from treatments.rulebook import Agent, Rulebook
from treatments.tasks import review_evidence

DUE = max(piece.review_by for piece in evidence.pieces(shipped()))
BEFORE, AFTER = (dt.datetime.combine(DUE + dt.timedelta(days=n), dt.time(12), dt.UTC) for n in (-400, 30))


def with_days(day: dt.date | None, *agents: str) -> Rulebook:
    """The content with another day for these medicines, or without them."""
    kept = [agent for agent in shipped().agents if day or agent.id not in agents]
    changed = [_until(agent, day) if day and agent.id in agents else agent for agent in kept]
    return replace(shipped(), agents=tuple(changed))


def _until(agent: Agent, day: dt.date) -> Agent:
    defaults: Any = agent.data["defaults"]
    data = {**agent.data, "defaults": {**defaults, "review_by": day.isoformat()}}
    return replace(agent, data=data, rules=tuple(replace(rule, review_by=day) for rule in agent.rules))


def test_a_piece_is_a_medicine_a_therapy_or_a_file_of_rules_with_its_earliest_day() -> None:
    found = {piece.key: piece for piece in evidence.pieces(shipped())}
    rulebook = shipped()
    assert {key for key in found if key.startswith("agent:")} == {f"agent:{name}" for name in rulebook.agent_by_id}
    assert {key for key in found if key.startswith("therapy:")} == {
        f"therapy:{name}" for name in rulebook.therapy_by_id
    }
    assert "rules:rules/modifiers.yaml" in found
    assert all(piece.owner and piece.name for piece in found.values())
    day = dt.date(2026, 1, 1)
    agent = rulebook.agent_by_id["duloxetine"]
    early = replace(agent, rules=(replace(agent.rules[0], review_by=day), *agent.rules[1:]))
    changed = replace(rulebook, agents=tuple(early if a is agent else a for a in rulebook.agents))
    assert set(evidence.overdue(changed, day + dt.timedelta(days=1))) == {"agent:duloxetine"}
    assert evidence.overdue(changed, day) == {}, "on its day it is not late"


@pytest.fixture
def job(organisation: Organisation) -> Iterator[Actor]:
    yield Actor.for_job("review-evidence", organisation.pk)


def audited() -> list[dict[str, Any]]:
    return [row.detail for row in AuditEvent.objects.filter(action="rulebook.review").order_by("pk")]


def test_each_overdue_piece_has_exactly_one_task_until_its_day_moves(
    job: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = len(evidence.overdue(shipped(), AFTER.date()))
    assert services.raise_reviews(actor=job, now=BEFORE) == 0
    assert not EvidenceReview.objects.exists() and not audited(), "nothing changed and nothing is written"
    assert services.raise_reviews(actor=job, now=AFTER) == every
    assert services.raise_reviews(actor=job, now=AFTER + dt.timedelta(days=1)) == 0
    assert EvidenceReview.objects.count() == every
    assert audited() == [{"raised": every, "closed": 0}]

    moved, past = AFTER.date() + dt.timedelta(days=365), DUE + dt.timedelta(days=3)
    monkeypatch.setattr(releases, "current", lambda: with_days(moved, "duloxetine", "gabapentin"))
    assert services.raise_reviews(actor=job, now=AFTER) == 2
    closed = EvidenceReview.objects.exclude(closed_at=None)
    assert {row.key for row in closed} == {"agent:duloxetine", "agent:gabapentin"}
    # Another day that has passed as well is another task, and a medicine that is gone needs none.
    monkeypatch.setattr(releases, "current", lambda: with_days(past, "gabapentin"))
    services.raise_reviews(actor=job, now=AFTER)
    monkeypatch.setattr(releases, "current", lambda: with_days(None, "duloxetine"))
    services.raise_reviews(actor=job, now=AFTER)
    days = EvidenceReview.objects.filter(key="agent:gabapentin").order_by("raised_at", "review_by")
    assert [(row.review_by, row.closed_at is None) for row in days] == [(DUE, False), (DUE, True), (past, False)]
    assert not EvidenceReview.objects.filter(key="agent:duloxetine", closed_at=None).exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        EvidenceReview.objects.update(closed_at=None)


def test_who_writes_rules_sees_them_on_the_front_page_and_in_a_list_of_their_own(
    job: Actor, rule_author: Member, administrator: Member, clinician: Member
) -> None:
    assert "No review is overdue." in rule_author.client.get(reverse("rulebook-reviews")).content.decode()
    services.raise_reviews(actor=job, now=AFTER)
    for keeper in (rule_author, administrator):
        front = words(keeper.client.get(reverse("rulebook")).content.decode())
        assert "parts of the content is past its review" in front
    assert "past its review" not in words(clinician.client.get(reverse("rulebook")).content.decode())
    page = words(rule_author.client.get(reverse("rulebook-reviews")).content.decode())
    assert "Duloxetine Medicine, " in page and "Modifiers Rules about patients, 246 rules" in page
    assert page.count("clinical content") >= len(evidence.overdue(shipped(), AFTER.date()))


def test_without_an_owner_it_belongs_to_those_who_write_rules(job: Actor, rule_author: Member) -> None:
    services.raise_reviews(actor=job, now=AFTER)
    EvidenceReview.objects.filter(key="agent:duloxetine").update(owner="")
    assert "those who write rules" in rule_author.client.get(reverse("rulebook-reviews")).content.decode()


def test_the_worker_goes_through_every_organisation_and_a_nobody_may_not(
    organisation: Organisation, other_organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("treatments.tasks.datetime", SimpleNamespace(now=lambda _zone: AFTER))
    review_evidence()
    review_evidence()
    every = len(evidence.overdue(shipped(), AFTER.date()))
    for each in (organisation, other_organisation):
        with tenant(each.pk):
            assert EvidenceReview.objects.count() == every
    with pytest.raises(Denied):
        services.raise_reviews(actor=Actor.for_job("verify-audit", organisation.pk), now=AFTER)

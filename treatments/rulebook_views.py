"""Pages of the published rulebook: scope, ask, present, render. Reading only; editing is another page's work."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.access import actor_of, allows, permission_required
from accounts.roles import Permission
from treatments import queries, releases
from treatments import rulebook_presenters as present
from treatments.rulebook import Effect, Rulebook

# Who is told on the front page what is to be reviewed.
KEEPERS = (Permission.AUTHOR_RULES, Permission.APPROVE_RULES, Permission.MANAGE_ORGANISATION)
TABS = ("agents", "therapies", "conditions", "interactions", "combinations", "rules")


@require_GET
@permission_required(Permission.VIEW_RULEBOOK)
def index(request: HttpRequest) -> HttpResponse:
    """The front page: medicines, therapies, conditions, interactions, combinations or all rules."""
    rulebook = releases.current()
    shown = request.GET.get("show", TABS[0])
    if shown not in TABS:
        raise Http404
    context: dict[str, Any] = {"tabs": _tabs(rulebook, shown), "shown": shown}
    after, address = request.GET.get("after", ""), reverse("rulebook")
    if shown == "rules":
        context |= _all_rules(rulebook, request.GET.get("effect", ""), after, address)
    elif shown == "interactions":
        pairs = [(pair.id, pair) for pair in sorted(rulebook.interactions, key=lambda pair: pair.id)]
        page = present.paged(pairs, after, address, {"show": shown})
        context |= {"page": page, "rows": [present.interaction_view(pair, rulebook) for pair in page.items]}
    elif shown == "combinations":
        context["rows"] = [present.combination_view(pair, rulebook) for pair in rulebook.combinations]
    else:
        context["sections"] = present.index_sections(rulebook, shown)
    actor = actor_of(request)
    if any(allows(actor, permission) for permission in KEEPERS):
        context["late"] = present.review_rows(queries.open_reviews(actor.organisation_id), rulebook)
    return _page(request, rulebook, "index", context)


@require_GET
@permission_required(Permission.VIEW_RULEBOOK)
def agent(request: HttpRequest, agent_id: str) -> HttpResponse:
    """One medicine: lines, dosing, every rule that speaks of it, monitoring, interactions."""
    rulebook = releases.current()
    found = rulebook.agent_by_id.get(agent_id)
    if found is None:
        raise Http404
    return _page(request, rulebook, "agent", present.agent_page(found, rulebook))


@require_GET
@permission_required(Permission.VIEW_RULEBOOK)
def therapy(request: HttpRequest, therapy_id: str) -> HttpResponse:
    """One therapy: evidence, every rule that speaks of it, when to refer."""
    rulebook = releases.current()
    found = rulebook.therapy_by_id.get(therapy_id)
    if found is None:
        raise Http404
    return _page(request, rulebook, "therapy", present.therapy_page(found, rulebook))


@require_GET
@permission_required(Permission.VIEW_RULEBOOK)
def condition(request: HttpRequest, condition_id: str) -> HttpResponse:
    """The table of one cause of pain: which rules ask for it, and what the options say of it."""
    rulebook = releases.current()
    found = present.condition_page(condition_id, rulebook)
    if found is None:
        raise Http404
    return _page(request, rulebook, "condition", found)


@require_GET
@permission_required(Permission.VIEW_RULEBOOK)
def rule(request: HttpRequest, rule_id: str) -> HttpResponse:
    """One rule: its sentence, reason, sources, examples, owner and review date."""
    rulebook = releases.current()
    found = rulebook.rule_by_id.get(rule_id)
    if found is None:
        raise Http404
    return _page(request, rulebook, "rule", {"rule": present.rule_view(found, rulebook, full=True)})


@require_GET
@permission_required(Permission.VIEW_RULEBOOK)
def search(request: HttpRequest) -> HttpResponse:
    """Rules and options in which all the words occur."""
    rulebook = releases.current()
    text = request.GET.get("q", "").strip()[:200]
    found = [(rule.id, rule) for rule in present.matching(rulebook, text)]
    page = present.paged(found, request.GET.get("after", ""), reverse("rulebook-search"), {"q": text})
    context = {
        "text": text,
        "page": page,
        "rules": [present.rule_view(rule, rulebook) for rule in page.items],
        "options": present.options_matching(rulebook, text),
        "count": len(found),
    }
    return _page(request, rulebook, "search", context)


@require_GET
@permission_required(Permission.VIEW_RULEBOOK)
def reviews(request: HttpRequest) -> HttpResponse:
    """The work list of those who write rules: content whose evidence is past its review, the oldest first."""
    rulebook = releases.current()
    rows = queries.open_reviews(actor_of(request).organisation_id)
    return _page(request, rulebook, "reviews", {"reviews": present.review_rows(rows, rulebook)})


def _all_rules(rulebook: Rulebook, effect: str, after: str, address: str) -> dict[str, Any]:
    if effect and effect not in set(Effect):
        raise Http404
    every = sorted(rulebook.every_rule, key=lambda rule: rule.id)
    chosen = [(rule.id, rule) for rule in every if not effect or rule.effect == effect]
    page = present.paged(chosen, after, address, {"show": "rules", "effect": effect})
    filters = [{"label": _("All"), "href": f"{address}?show=rules", "current": not effect, "count": len(every)}]
    for kind in Effect:
        number = sum(1 for rule in every if rule.effect is kind)
        if number:
            label, href = present.EFFECTS[kind][0], f"{address}?show=rules&effect={kind}"
            filters.append({"label": label, "href": href, "current": effect == kind, "count": number})
    return {"page": page, "filters": filters, "rules": [present.rule_view(rule, rulebook) for rule in page.items]}


def _tabs(rulebook: Rulebook, shown: str) -> list[dict[str, Any]]:
    labels = {
        "agents": (_("Medicines"), len(rulebook.agents)),
        "therapies": (_("Therapies"), len(rulebook.therapies)),
        "conditions": (_("Conditions"), len(rulebook.labels["conditions"])),
        "interactions": (_("Interactions"), len(rulebook.interactions)),
        "combinations": (_("Combinations"), len(rulebook.combinations)),
        "rules": (_("All rules"), len(rulebook.every_rule)),
    }
    address = reverse("rulebook")
    return [
        {"label": label, "count": number, "href": f"{address}?show={name}", "current": name == shown}
        for name, (label, number) in labels.items()
    ]


def _page(request: HttpRequest, rulebook: Rulebook, name: str, context: dict[str, Any]) -> HttpResponse:
    release = {"release": rulebook.release, "digest": rulebook.digest.removeprefix("sha256:")[:12]}
    return render(request, f"treatments/rulebook/{name}.html", context | {"rulebook_release": release})

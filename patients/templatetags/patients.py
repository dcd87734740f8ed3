"""{% patient_banner %}: who this page is about, from the `patient` of the page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from patients import presenters, queries

register = template.Library()


@register.inclusion_tag("components/patient_banner.html", takes_context=True)
def patient_banner(context: Context) -> dict[str, Any]:
    """The banner of `patient`; three queries.

    A page may put `banner_facts` (shown first, see presenters.banner) and `banner_alerts` (a number) into its context.
    """
    patient, today = context["patient"], timezone.localdate()
    shown = presenters.banner(
        patient,
        queries.banner_rows(patient.pk, list(presenters.KEY_MEASUREMENTS), today),
        today=today,
        actor=getattr(context.get("request"), "actor", None),
        facts=context.get("banner_facts") or (),
        alerts=context.get("banner_alerts") or 0,
    )
    return {"banner": shown}

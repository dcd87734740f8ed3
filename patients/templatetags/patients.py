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
    """The banner of `patient`; one query, none where the page has read its `banner_rows`, and one of the source.

    `banner_source` comes with every page and knows what other apps say about the patient: the codes of the values that
    it reads, and `more(patient, measurements, today, open_alerts)` with facts, stale codes and the number of open
    alerts. A page that has read the patient's open alerts has them as `open_alerts`.
    """
    patient, today, source = context["patient"], timezone.localdate(), context.get("banner_source")
    codes = {*presenters.KEY_MEASUREMENTS, *(source.codes if source else ())}
    rows = context.get("banner_rows") or queries.banner_rows(patient.pk, sorted(codes), today)
    more = None
    if source:
        more = source.more(patient, rows.measurements.values(), today, context.get("open_alerts"))
    shown = presenters.banner(
        patient,
        rows,
        today=today,
        actor=getattr(context.get("request"), "actor", None),
        facts=more.facts if more else (),
        stale=more.stale if more else (),
        alerts=more.alerts if more else 0,
    )
    return {"banner": shown}

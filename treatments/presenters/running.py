"""What is taken already of a medicine of the plan, and how the plan goes on from there, in words."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from treatments.plan_doses import DECIMALS, running
from treatments.plan_record import ItemRecord
from treatments.presenters.words import limit_words
from treatments.schedules import is_given_by_session
from treatments.snapshot import Snapshot


def running_words(item: ItemRecord, shown: Snapshot) -> str:
    """ "Takes 900 mg a day since 1 Sep 2026; goes on from there."; a dose that nobody knows is asked for.

    Empty where it is not taken, or where the plan has begun already.
    """
    agent = shown.rulebook.agent_by_id.get(item.ref_id)
    taken = running(shown.facts, agent) if agent is not None else None
    if agent is None or taken is None or item.starts_on < shown.facts.as_of or is_given_by_session(agent):
        return ""
    if taken.per_day is None:
        if taken.listed:
            said = _("Taken already: %(listed)s a day on the list, which cannot be compared with this dose.")
        else:
            said = _("Taken already; at which dose is not known.")
        asked = _("Ask what is taken today, and begin with that.")
        return f"{said % {'listed': taken.listed}} {asked}"
    now = limit_words(taken.per_day, item.unit)
    if taken.since:
        since = {"dose": now, "day": date_format(taken.since, "j M Y")}
        said = _("Takes %(dose)s since %(day)s") % since
    else:
        said = _("Takes %(dose)s, since when is not known") % {"dose": now}
    return f"{said}; {_onwards(item, shown, taken.per_day)}"


def _onwards(item: ItemRecord, shown: Snapshot, now: float) -> str:
    if not item.steps:
        return _("no dose is entered from then on.")
    first, dose = item.steps[0].per_day, shown.proposal.option(item.ref_id).dose
    if first > round(now, DECIMALS):
        return _("rises from there at once.")
    ceiling = round(dose.max_per_day, DECIMALS) if dose else None
    if ceiling is not None and now > ceiling:
        most = limit_words(ceiling, item.unit)
        if item.steps[-1].per_day <= ceiling:
            return _("comes down from there to the limit for this patient, %(most)s.") % {"most": most}
        return _("stays above the limit for this patient, %(most)s.") % {"most": most}
    if first < round(now, DECIMALS):
        return _("comes down from there.")
    return _("goes on from there.") if len(item.steps) > 1 else _("goes on unchanged.")

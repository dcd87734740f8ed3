"""Which instruments a clinic uses."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.access import require
from accounts.audit import Actor
from accounts.queries import clinics_of
from accounts.roles import Permission
from assessments.content import assessment_content
from assessments.entries import CORE_INSTRUMENTS
from assessments.models import ClinicInstrument
from assessments.services.shared import user_id


class InstrumentNotKnown(LookupError):
    """There is no such clinic in the organisation, or no such instrument that a clinic may choose."""


@transaction.atomic
def choose_instrument(*, actor: Actor, clinic_id: UUID, instrument: str, is_on: bool, now: dt.datetime) -> None:
    """Switch an instrument on or off for a clinic. What was filled in before stays.

    Raises InstrumentNotKnown also for an instrument of the core set, which is always asked. Whether its questions may
    be shown is no choice of the clinic: the licence decides (definitions.Instrument.may_show_items).
    """
    require(actor, Permission.MANAGE_ORGANISATION)
    known = instrument in assessment_content().instruments and instrument not in CORE_INSTRUMENTS
    if not known or not clinics_of(actor.organisation_id).filter(id=clinic_id).exists():
        raise InstrumentNotKnown
    ClinicInstrument.objects.update_or_create(
        organisation_id=actor.organisation_id,
        clinic_id=clinic_id,
        instrument=instrument,
        defaults={"is_on": is_on, "changed_by_id": user_id(actor), "changed_at": now},
    )
    audit.record(
        actor=actor,
        action="instrument.choose",
        target=f"clinic:{clinic_id}",
        detail={"instrument": instrument, "on": is_on},
    )

"""One form per section of an assessment."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import QueryDict

from assessments.definitions import AssessmentContent
from assessments.entries import CORE_INSTRUMENTS, score_instrument
from assessments.forms.area import AreaForm
from assessments.forms.body import BodyForm
from assessments.forms.compare import differences, shown
from assessments.forms.diagnosis import CausesForm, DiagnosticsForm, GradingForm
from assessments.forms.fields import TIMING_LABELS, modifier, word
from assessments.forms.health import HealthForm, WishesForm
from assessments.forms.instruments import InstrumentsForm, SeverityForm, answer_choices
from assessments.forms.red_flags import RedFlagsForm
from assessments.forms.score import ScoreForm
from assessments.forms.section import NOTHING_ON_FILE, OnFile, SectionForm
from assessments.record import AssessmentRecord
from assessments.summary import area_id

__all__ = [
    "NOTHING_ON_FILE",
    "TIMING_LABELS",
    "AreaForm",
    "BodyForm",
    "GradingForm",
    "OnFile",
    "ScoreForm",
    "SectionForm",
    "answer_choices",
    "differences",
    "modifier",
    "section_form",
    "shown",
    "word",
]

_FORMS: Mapping[str, type[SectionForm]] = {
    "red-flags": RedFlagsForm,
    "areas": BodyForm,
    "severity": SeverityForm,
    "causes": CausesForm,
    "grading": GradingForm,
    "tests": DiagnosticsForm,
    "function": InstrumentsForm,
    "mood": InstrumentsForm,
    "health": HealthForm,
    "wishes": WishesForm,
}


def section_form(
    section: str,
    record: AssessmentRecord,
    content: AssessmentContent,
    on_file: OnFile = NOTHING_ON_FILE,
    data: QueryDict | None = None,
) -> SectionForm | None:
    """The form of a section, bound to `data` or to what is stored; None when there is no such section."""
    wanted = area_id(section)
    if wanted is not None:
        exists = any(area.id == wanted for area in record.areas)
        return AreaForm(section, record, content, on_file, data) if exists else None
    instrument = score_instrument(section)
    if instrument is not None:
        is_of_list = instrument in content.instruments and instrument not in CORE_INSTRUMENTS
        return ScoreForm(section, record, content, on_file, data) if is_of_list else None
    form = _FORMS.get(section)
    return form(section, record, content, on_file, data) if form else None

"""Writes of assessments. Every public function takes `actor` first, runs in one transaction, leaves a row in the trail.

A draft is saved section by section; signing fixes it; a correction is a new assessment.
"""

from assessments.services.answers import record_instrument
from assessments.services.drafts import (
    COPIED_SECTIONS,
    LONGEST_NAME,
    MOST_AREAS,
    add_area,
    correct,
    discard,
    remove_area,
    save_section,
    start,
)
from assessments.services.instruments import InstrumentNotKnown, choose_instrument
from assessments.services.reports import (
    ReportClosed,
    ReportNotFound,
    answer_report,
    ask,
    extend_reports,
    open_report_by_link,
    open_report_here,
    send_report,
    set_report_aside,
    take_back_report,
    take_over,
)
from assessments.services.shared import (
    AlreadySigned,
    AssessmentNotFound,
    ChangedSinceShown,
    CorrectionRefused,
    NotSignable,
    SectionUnknown,
    StaleSave,
)
from assessments.services.signing import sign

__all__ = [
    "COPIED_SECTIONS",
    "LONGEST_NAME",
    "MOST_AREAS",
    "AlreadySigned",
    "AssessmentNotFound",
    "ChangedSinceShown",
    "CorrectionRefused",
    "InstrumentNotKnown",
    "NotSignable",
    "ReportClosed",
    "ReportNotFound",
    "SectionUnknown",
    "StaleSave",
    "add_area",
    "answer_report",
    "ask",
    "choose_instrument",
    "correct",
    "discard",
    "extend_reports",
    "open_report_by_link",
    "open_report_here",
    "record_instrument",
    "remove_area",
    "save_section",
    "send_report",
    "set_report_aside",
    "sign",
    "start",
    "take_back_report",
    "take_over",
]

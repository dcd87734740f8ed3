"""Writes of follow-up. Each function takes the actor first, works in one transaction and leaves a row in the trail."""

from followup.services.answers import (
    acknowledge,
    draft_answer,
    open_link,
    raise_alarms,
    record_answers,
    record_review,
    see_answers,
    submit_link,
    take_alert,
)
from followup.services.outcomes import Outcome
from followup.services.reminders import cancel_reminder, escalate_silent, opt_out, resend
from followup.services.reports import (
    CannotSend,
    answer_before_visit,
    ask_before_visit,
    send_before_visit,
    take_back,
    why_no_email,
)
from followup.services.schedules import (
    complete_item,
    end_schedule,
    open_schedule,
    open_schedules,
    sign_plan,
    take_item,
)
from followup.services.sending import Claim, claim_due, deliver, free_expired_leases

__all__ = [
    "CannotSend",
    "Claim",
    "Outcome",
    "acknowledge",
    "answer_before_visit",
    "ask_before_visit",
    "cancel_reminder",
    "claim_due",
    "complete_item",
    "deliver",
    "draft_answer",
    "end_schedule",
    "escalate_silent",
    "free_expired_leases",
    "open_link",
    "open_schedule",
    "open_schedules",
    "opt_out",
    "raise_alarms",
    "record_answers",
    "record_review",
    "resend",
    "see_answers",
    "send_before_visit",
    "sign_plan",
    "submit_link",
    "take_alert",
    "take_back",
    "take_item",
    "why_no_email",
]

"""What one line of the worklist is made of.

Every app that has work for somebody offers `queries.work_items(organisation_id, user, today, limit)` and returns a list
of these, the most urgent first; the worklist of painplan joins the lists. It is plain data, so it lives where all may
import it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

# alert: somebody must act. overdue / due: a check-in or a review. answer: the patient replied, nobody has looked.
# draft: a plan that waits for its signature. task: something promised, owned or not. lab: a value to look at.
Kind = Literal["alert", "overdue", "due", "answer", "lab", "task", "draft"]
Tier = Literal["critical", "warning", "information", ""]


@dataclass(frozen=True)
class WorkItem:
    """One thing that one patient needs from somebody.

    `text` says what and why in one clause ("PEG 7 answered; was 5"). `since` is when it came up, `due` by when it must
    be done. `owner_name` is empty where nobody owns it. `tier` is set for alerts only. `url_name` and `url_args` lead
    to the page where it is done. `take_name` and `take_args` are where somebody takes what nobody owns, if they can.
    """

    patient_id: uuid.UUID
    patient_name: str
    patient_number: str
    kind: Kind
    text: str
    since: date | datetime | None
    due: date | datetime | None
    owner_name: str
    tier: Tier
    url_name: str
    url_args: tuple[object, ...]
    take_name: str = ""
    take_args: tuple[object, ...] = ()

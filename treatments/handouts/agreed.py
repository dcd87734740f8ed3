"""What was agreed at the start of each treatment, for the patient: when it is judged, and what is done then. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from treatments.handouts.model import Block, Lines, Section, Text
from treatments.handouts.wording import ENGLISH, Wording

if TYPE_CHECKING:
    from treatments.plan_record import AgreementRecord, ItemRecord, PlanRecord


def agreed(plan: PlanRecord, wording: Wording, name_of: Callable[[ItemRecord], Text]) -> Iterator[Section]:
    """When each treatment is judged, and what is done then."""
    blocks = []
    for item in plan.items:
        if (agreed := plan.agreement(item.ref_id)) is not None:
            when = wording.text("agree_when", week=agreed.week)
            lines = Lines("agreed", None, tuple(_cases(agreed, wording)))
            blocks.append(Block(item.ref_id, name_of(item), when, (), (), (lines,)))
    if blocks:
        yield Section("agreement", wording.say("agreement"), (), tuple(blocks))


def _cases(agreed: AgreementRecord, wording: Wording) -> Iterator[Text]:
    enough, good = agreed.enough_pct, agreed.good_pct
    little = "agree_little" if enough is not None else "agree_little_unmeasured"
    yield _case(agreed, wording, little, agreed.if_little, agreed.next_id, agreed.next_name, percent=enough)
    if enough is not None and good is not None and agreed.if_partial:
        to = (agreed.partial_id, agreed.partial_name)
        yield _case(agreed, wording, "agree_partial", agreed.if_partial, *to, low=enough, high=good)
    if (better := good if good is not None else enough) is not None:
        yield _case(agreed, wording, "agree_good", "continue", "", "", percent=better)
    yield _case(agreed, wording, "agree_not_tolerated", agreed.if_not_tolerated, agreed.next_id, agreed.next_name)


def _case(
    agreed: AgreementRecord, wording: Wording, case: str, action: str, next_id: str, name: str, **numbers: object
) -> Text:
    """ "If your pain is not at least 30% better: we change to pregabalin, step by step."."""
    what = f"agreed_{action}{'' if agreed.kind == 'agent' else '_therapy'}"
    known = wording.library.words["say"]
    what = what if what in known else f"agreed_{action}"
    what = f"{what}_open" if not name and f"{what}_open" in known else what
    called = name if wording.language == ENGLISH else wording.library.words["names"].get(next_id, name)
    return wording.text(case, **numbers, what=wording.say(what, name=called))

"""What the wishes of the patient did to the list, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from treatments.preference_moves import Move, wishes
from treatments.presenters.words import url_if
from treatments.proposal.model import Status
from treatments.rulebook import Rulebook

if TYPE_CHECKING:
    from uuid import UUID

    from treatments.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class WishLine:
    """The line above the options: the wishes on record and where they are changed."""

    labels: Sequence[str]
    href: str


def wish_line(shown: Snapshot, patient_id: UUID) -> WishLine:
    """The wishes on record, and the page where another is entered, from which the reader comes back."""
    return WishLine(
        [wish_label(name, shown.rulebook) for name in wishes(shown.facts)],
        f"{url_if('record-add', patient_id, 'preference')}?from=plan",
    )


def wish_label(name: str, rulebook: Rulebook) -> str:
    """A wish in words, as it stands within a sentence: "wants no weight gain"."""
    label = rulebook.labels.get("preferences", {}).get(name, name.replace("_", " "))
    return label[:1].lower() + label[1:]


def moved_words(move: Move | None, rulebook: Rulebook) -> str:
    """ "Moved down from place 2 to 6 because of a preference: wants no weight gain"; empty where nothing moved."""
    if move is None or (move.was is move.now and move.before == move.after):
        return ""
    why = ", ".join(wish_label(name, rulebook) for name in move.preferences)
    words = {"why": why, "before": move.before, "after": move.after}
    if move.was is Status.RECOMMENDED and move.now is Status.POSSIBLE:
        return _("No longer recommended because of a preference: %(why)s") % words
    if move.was is Status.POSSIBLE and move.now is Status.RECOMMENDED:
        return _("Recommended because of a preference: %(why)s") % words
    if move.before is None or move.after is None:
        return _("A preference speaks of it: %(why)s") % words
    if move.after > move.before:
        return _("Moved down from place %(before)d to %(after)d because of a preference: %(why)s") % words
    return _("Moved up from place %(before)d to %(after)d because of a preference: %(why)s") % words

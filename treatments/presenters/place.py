"""Where the reader is on the page of the plan, and the addresses from there."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode

from treatments.option_lists import LISTS

VIEWS = LISTS


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader is on the plan page: the patient, the list, the option shown, and those marked to be compared.

    The marks travel with the address and not in the browser's storage, which would outlast the page.
    """

    patient_id: UUID
    view: str = VIEWS[0]
    shown: str = ""
    marked: tuple[str, ...] = ()

    @property
    def marks(self) -> str:
        """The marks as an address or a form carries them."""
        return ",".join(self.marked)

    def href(self, *, view: str | None = None, shown: str | None = None, anchor: str = "") -> str:
        """The address of the plan page from here."""
        wanted = {
            "view": view or self.view,
            "show": self.shown if shown is None else shown,
            "marked": self.marks,
        }
        kept = {key: value for key, value in wanted.items() if value and (key, value) != ("view", VIEWS[0])}
        base = reverse("patient-plan", args=[self.patient_id])
        return f"{base}?{urlencode(kept)}{anchor}" if kept else f"{base}{anchor}"

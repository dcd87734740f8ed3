"""Where the reader is on the page of the plan, and the addresses from there."""

from __future__ import annotations

from dataclasses import dataclass, replace
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

    @property
    def query(self) -> str:
        """The place as the query of an address; empty at the beginning."""
        wanted = {"view": self.view, "show": self.shown, "marked": self.marks}
        return urlencode({key: value for key, value in wanted.items() if value and (key, value) != ("view", VIEWS[0])})

    @property
    def tail(self) -> str:
        """What comes behind the address of another page of the plan, so that the way back leads here."""
        return f"?{self.query}" if self.query else ""

    @property
    def more(self) -> str:
        """The same behind an address that has a query already."""
        return f"&{self.query}" if self.query else ""

    def href(self, *, view: str | None = None, shown: str | None = None, anchor: str = "") -> str:
        """The address of the plan page from here."""
        there = replace(self, view=view or self.view, shown=self.shown if shown is None else shown)
        return f"{reverse('patient-plan', args=[self.patient_id])}{there.tail}{anchor}"

    def item_href(self, page: str, ref_id: str) -> str:
        """The address of a page about one option, from which the way back leads here. `page` is the name of its URL."""
        return f"{reverse(page, args=[self.patient_id, ref_id])}{self.tail}"

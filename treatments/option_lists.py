"""The lists in which the options of a proposal stand side by side: which list an option belongs to. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from treatments.proposal.model import OptionResult, Proposal
from treatments.rulebook import Rulebook

MEDICINES, TOPICALS, COMBINATIONS = "medicines", "topicals", "combinations"
THERAPIES, INTERVENTIONS, EDUCATION = "therapies", "interventions", "education"
LISTS = (MEDICINES, TOPICALS, COMBINATIONS, THERAPIES, INTERVENTIONS, EDUCATION)
_INVASIVE = frozenset({"implant", "surgery", "minimally_invasive"})


def list_of(option_id: str, rulebook: Rulebook) -> str:
    """The list of an option. Acupuncture needs a needle and is no intervention; a nerve block is one."""
    agent = rulebook.agent_by_id.get(option_id)
    if agent is not None:
        return TOPICALS if agent.is_topical else MEDICINES
    therapy = rulebook.therapy_by_id.get(option_id)
    if therapy is None:
        return MEDICINES
    if therapy.category == EDUCATION:
        return EDUCATION
    return INTERVENTIONS if therapy.category == "interventional" or therapy.invasiveness in _INVASIVE else THERAPIES


def options_of(name: str, proposal: Proposal, rulebook: Rulebook) -> list[OptionResult]:
    """The options of one list in the order of the catalogue; none for the combinations, which are pairs."""
    return [o for o in (*proposal.agents, *proposal.therapies) if list_of(o.id, rulebook) == name]


def places(options: Iterable[OptionResult]) -> dict[str, int]:
    """From 1, the place of each option that is recommended or possible within the options given."""
    listed = sorted((o.rank, o.id) for o in options if o.rank is not None)
    return {name: place for place, (_rank, name) in enumerate(listed, start=1)}

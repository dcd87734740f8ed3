"""The proposal: what may be done for one patient on one day, with reasons. Pure; the same inputs give the same bytes."""

from treatments.proposal.engine import propose
from treatments.proposal.model import Proposal

__all__ = ["Proposal", "propose"]

"""The proposal: what may be done for one patient on one day, and why. Pure; equal inputs give equal bytes."""

from treatments.proposal.changes import with_changes
from treatments.proposal.engine import propose
from treatments.proposal.model import Proposal

__all__ = ["Proposal", "propose", "with_changes"]

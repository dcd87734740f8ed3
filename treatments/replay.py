"""Signed plans made again from what they keep, and compared byte by byte with what was signed.

A plan that cannot be made again was changed from outside, or the code that made it says something else today: either
way somebody has to know. `manage.py replay_plans` runs it over all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from treatments import queries
from treatments.releases import NoSuchRelease
from treatments.snapshot import has_changes, recomputed, text_digest


def differences(basis: queries.Basis) -> Iterator[str]:
    """What of a stored plan is other than what it is made of; nothing when it can be made again byte for byte."""
    if text_digest(basis.proposal) != basis.proposal_digest:
        yield "the stored proposal does not have the stored digest"
    try:
        facts, proposal = recomputed(
            basis.facts, basis.rulebook_digest, basis.rulebook_release, changes=has_changes(basis.proposal)
        )
    except NoSuchRelease as missing:
        yield str(missing)
    except (ValueError, KeyError, TypeError) as unreadable:
        yield f"the stored facts cannot be read: {type(unreadable).__name__}"
    else:
        if facts != basis.facts:
            yield f"the facts read back are other than those stored, {place(basis.facts, facts)}"
        if proposal != basis.proposal:
            yield f"the proposal made again is another, {place(basis.proposal, proposal)}"
        elif text_digest(proposal) != basis.proposal_digest:
            yield "the proposal made again does not have the stored digest"


def place(stored: str, made: str) -> str:
    """Where two texts part, as a place and no words: the texts are about a patient."""
    parted = next((n for n, pair in enumerate(zip(stored, made, strict=False)) if pair[0] != pair[1]), None)
    return f"from character {(min(len(stored), len(made)) if parted is None else parted) + 1}"

"""The address that a patient gets: signed, bound to one check-in, and never stored; the database keeps a digest. Pure.

The token names the organisation, because below row-level security nothing can be looked up before the organisation is
known. It is made anew from the ids whenever it is needed, so a message that is sent again carries the same link.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.core.signing import BadSignature, Signer

_SIGNER = "followup.check-in"


@dataclass(frozen=True, slots=True)
class Link:
    """What a token stands for."""

    organisation_id: UUID
    check_in_id: UUID


def token_for(link: Link) -> str:
    """The token of a check-in: 32 bytes of ids and a 256-bit signature, safe in an address."""
    ids = base64.urlsafe_b64encode(link.organisation_id.bytes + link.check_in_id.bytes).decode().rstrip("=")
    return Signer(salt=_SIGNER, sep=".").sign(ids)


def read_token(token: str) -> Link | None:
    """What the token stands for, or None when we did not sign it."""
    try:
        ids = Signer(salt=_SIGNER, sep=".").unsign(token)
        raw = base64.urlsafe_b64decode(ids + "=" * (-len(ids) % 4))
    except (BadSignature, binascii.Error, ValueError):
        return None
    if len(raw) != 32:
        return None
    return Link(UUID(bytes=raw[:16]), UUID(bytes=raw[16:]))


def digest(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()

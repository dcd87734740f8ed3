"""The address that a patient gets: signed, bound to one thing to answer, never stored; the database keeps a digest.

The token names the organisation, because below row-level security nothing can be looked up before the organisation is
known. It is made anew from the ids whenever it is needed, so a message that is sent again carries the same link. A
token for one purpose is none for another. Pure.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

Purpose = Literal["check-in", "report"]


@dataclass(frozen=True, slots=True)
class Link:
    """What a token stands for: a check-in, or a report before a visit."""

    organisation_id: UUID
    row_id: UUID


def token_for(link: Link, purpose: Purpose = "check-in") -> str:
    """The token: 32 bytes of ids and a 256-bit signature, safe in an address."""
    ids = base64.urlsafe_b64encode(link.organisation_id.bytes + link.row_id.bytes).decode().rstrip("=")
    return _signer(purpose).sign(ids)


def read_token(token: str, purpose: Purpose = "check-in") -> Link | None:
    """What the token stands for, or None when we did not sign it for this purpose."""
    try:
        ids = _signer(purpose).unsign(token)
        raw = base64.urlsafe_b64decode(ids + "=" * (-len(ids) % 4))
    except (BadSignature, binascii.Error, ValueError):
        return None
    if len(raw) != 32:
        return None
    return Link(UUID(bytes=raw[:16]), UUID(bytes=raw[16:]))


def _signer(purpose: Purpose) -> Signer:
    return Signer(salt=f"followup.{purpose}", sep=".")


def address(link: Link, purpose: Purpose = "check-in") -> str:
    """The whole address under which the patient answers."""
    return settings.BASE_URL + reverse(purpose, args=[token_for(link, purpose)])


def digest(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()

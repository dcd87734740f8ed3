"""Who a session belongs to: the user and what they may do, read together once a request."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts import queries
from accounts.models import User


class Backend(AuthenticationBackend):
    """Signs in as allauth does; the user of a session comes with their memberships, in one query.

    They are read again with each request, so a change of roles counts from the next one on.
    """

    def get_user(self, user_id: Any) -> User | None:
        memberships = queries.memberships_of(user_id)
        if not memberships:  # Nobody's member, or nobody who may sign in: that is for Django to say.
            found: User | None = super().get_user(user_id)
            if found is not None:
                found.held_memberships = []
            return found
        user = memberships[0].user
        user.held_memberships = memberships
        return user

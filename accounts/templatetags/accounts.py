"""{{ event.action|action_text }}: an action of the audit trail in words."""

from __future__ import annotations

from django import template

from accounts import presenters

register = template.Library()
register.filter("action_text", presenters.action_text)

"""The tables of treatments: releases of the rulebook, and plans. Constraints here, decisions elsewhere."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class RulebookRelease(models.Model):
    """One published release of the clinical content; never changed, never removed, and the same for every organisation.

    `content` is the canonical JSON whose sha256 is `digest`, so that a plan signed under this release can be computed
    again byte for byte.
    """

    number = models.PositiveIntegerField(primary_key=True)
    digest = models.CharField(max_length=71, db_index=True)
    content = models.TextField()
    published_at = models.DateTimeField(db_default=Now(), editable=False)
    published_by = models.CharField(max_length=200)

    class Meta:
        verbose_name = "rulebook release"
        verbose_name_plural = "rulebook releases"
        ordering = ("-number",)
        constraints = [
            models.CheckConstraint(condition=models.Q(number__gte=1), name="rulebook_release_number_from_one"),
            models.CheckConstraint(
                condition=models.Q(digest__regex=r"^sha256:[0-9a-f]{64}$"), name="rulebook_release_digest_is_sha256"
            ),
        ]

    def __str__(self) -> str:
        return f"release {self.number}"

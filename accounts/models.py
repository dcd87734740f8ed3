"""People who sign in, the organisations they work in, and the trail of what they did.

No patient stands here: `patients` depends on this package, never the other way. Organisation, Clinic, Membership and
User are the directory and hold no patient data; AuditEvent does, and is walled off by row-level security.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _


class Organisation(models.Model):
    """A tenant: patients, staff and audit trail of one organisation are invisible to every other."""

    class Region(models.TextChoices):
        # Where the two differ in licence and ceiling of a medicine. Empty: the lower of the two ceilings counts.
        US = "us", _("United States")
        UK_EU = "uk_eu", _("United Kingdom and European Union")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=200, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/London")
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    region = models.CharField(_("region"), max_length=10, choices=Region, blank=True)
    # No reminder leaves between these local times; the follow-up package obeys them.
    quiet_from = models.TimeField(_("quiet from"), default="20:00")
    quiet_until = models.TimeField(_("quiet until"), default="08:00")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")

    def __str__(self) -> str:
        return self.name


class Clinic(models.Model):
    """A team inside an organisation: where a patient is looked after and where members work."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="clinics")
    name = models.CharField(_("name"), max_length=200)
    # A specialist pain service may use what a general practice may not start by itself.
    is_specialist = models.BooleanField(_("specialist service"), default=False)

    class Meta:
        verbose_name = _("clinic")
        verbose_name_plural = _("clinics")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name"], name="one_clinic_of_a_name_per_organisation"),
            models.UniqueConstraint(fields=["organisation", "id"], name="clinic_key_with_organisation"),
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address; the address is compared without regard to case."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make one user; without a password the account cannot sign in by password."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make one user who may use the Django admin; this opens no patient."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """One person who signs in with an e-mail address. What they may do comes from their memberships, not from here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, help_text=_("Empty: as the organisation."))
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_staff = models.BooleanField(_("may use the admin"), default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = UserManager()

    # Filled by accounts.backends for the user of a request; None for a user read in another way.
    held_memberships: list[Membership] | None = None

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="one_user_per_address_whatever_the_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Membership(models.Model):
    """One role of one user in one organisation. Several rows give several roles; what they allow adds up."""

    class RoleName(models.TextChoices):
        # The same words as roles.Role; tests/accounts/test_roles.py keeps the two lists equal.
        CLINICIAN = "clinician", _("Clinician")
        NURSE = "nurse", _("Nurse")
        PHARMACIST = "pharmacist", _("Pharmacist")
        THERAPIST = "therapist", _("Therapist")
        PSYCHOLOGIST = "psychologist", _("Psychologist")
        TRAINEE = "trainee", _("Trainee")
        RULE_AUTHOR = "rule_author", _("Rule author")
        RULE_APPROVER = "rule_approver", _("Rule approver")
        ADMINISTRATOR = "administrator", _("Administrator")
        AUDITOR = "auditor", _("Auditor")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    clinic = models.ForeignKey(
        Clinic, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships", verbose_name=_("clinic")
    )
    role = models.CharField(_("role"), max_length=20, choices=RoleName)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "organisation", "role"], name="one_membership_per_role"),
            models.CheckConstraint(
                condition=models.Q(
                    role__in=[
                        "clinician",
                        "nurse",
                        "pharmacist",
                        "therapist",
                        "psychologist",
                        "trainee",
                        "rule_author",
                        "rule_approver",
                        "administrator",
                        "auditor",
                    ]
                ),
                name="membership_role_is_known",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "user"], name="members_of_organisation")]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}, {self.organisation}"


class AuditEvent(models.Model):
    """One thing that somebody did, or read, or was refused. Written once through `accounts.audit.record`.

    The table is partitioned by month and its rows are linked by the database when the transaction commits: `sequence`
    counts from 1 without gaps per organisation, `hash` is sha256 over the previous hash and this row's content.
    The application's database role may insert and select, and nothing else; a trigger refuses changes by its owner too.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)
    organisation_id = models.UUIDField()
    actor_user_id = models.UUIDField(null=True)
    actor_job = models.CharField(max_length=80, blank=True)
    # The name as it was that day: a person may be renamed, the trail may not.
    actor_name = models.CharField(max_length=200)
    action = models.CharField(max_length=80)
    patient_id = models.UUIDField(null=True)
    target = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    # NULL until the transaction commits; "" is the previous hash of an organisation's first row.
    sequence = models.BigIntegerField(null=True, editable=False)
    previous_hash = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001 - NULL means not linked yet
    hash = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001 - NULL means not linked yet

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes: ClassVar = [
            models.Index(fields=["organisation_id", "sequence"], name="audit_by_sequence"),
            models.Index(fields=["organisation_id", "patient_id", "sequence"], name="audit_by_patient"),
            models.Index(fields=["organisation_id", "actor_user_id", "sequence"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target}".strip()


class AuditHead(models.Model):
    """The last link of one organisation's chain. Written by the database's own trigger only."""

    organisation_id = models.UUIDField(primary_key=True)
    sequence = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("end of audit chain")
        verbose_name_plural = _("ends of audit chains")

    def __str__(self) -> str:
        return f"{self.organisation_id}: {self.sequence}"

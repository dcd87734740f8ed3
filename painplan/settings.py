"""The one settings file. It reads the environment only through `painplan.env` and refuses to start without its secrets.

Two ways to run:

- **served**: DATABASE_URL is set. Every secret must be set, cookies are secure, HTTPS is enforced.
- **local**: DATABASE_URL is not set. PostgreSQL and Valkey come from their wheels and run under var/; see
  `painplan.services`. The web server and the worker start in this form only with PAINPLAN_DEMO=1 (`make demo`, `make
  run`), on the loopback address, with invented patients.
"""

from __future__ import annotations

import gc
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from painplan import env

# A rulebook is some hundred thousand objects that stay. Left alone the collector walks over all of them after every few
# thousand new ones, which doubles the time of reading the content and adds a pause to pages; cycles are rare here.
gc.set_threshold(50_000, 25, 50)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("PAINPLAN_VAR", str(BASE_DIR / "var"))).resolve()

DEMO = env.boolean("PAINPLAN_DEMO")
EMBEDDED = not env.text("DATABASE_URL")
LOCAL = DEMO or EMBEDDED
DEBUG = env.boolean("PAINPLAN_DEBUG")
if DEBUG and not EMBEDDED:
    raise ImproperlyConfigured(
        "PAINPLAN_DEBUG shows the inside of the program; it is refused where DATABASE_URL is set."
    )


def _local_secret_key() -> str:
    """A random key kept in var/, so that local sign-ins survive a restart and no published key exists."""
    path = VAR_DIR / "secret_key"
    try:
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        try:
            with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as new:
                new.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
        return path.read_text().strip() or secrets.token_urlsafe(48)
    except OSError:  # A read-only folder: commands such as propose_plan still work.
        return secrets.token_urlsafe(48)


if LOCAL and not env.text("SECRET_KEY"):
    SECRET_KEY = _local_secret_key()
else:
    SECRET_KEY = env.secret(
        "SECRET_KEY",
        "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))' and set it in the environment.",
    )
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS")

if LOCAL:
    ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
else:
    ALLOWED_HOSTS = env.names("ALLOWED_HOSTS")
    if not ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS is not set. Give the host names of this site, separated by commas.")
BASE_URL = env.text("PAINPLAN_BASE_URL", "http://127.0.0.1:8000" if LOCAL else f"https://{ALLOWED_HOSTS[0]}").rstrip(
    "/"
)

# --- Applications -----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "painplan",
    "interop",
    "followup",
    "treatments",
    "assessments",
    "patients",
    "accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "template_partials",
    "rest_framework",
]

MIDDLEWARE = [
    "painplan.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pads each page by a random length, so that lengths tell an eavesdropper nothing (BREACH); a proxy would not.
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",  # Closed unless a view says login_not_required.
    "painplan.middleware.IdleSignOut",
    "painplan.middleware.SamePerson",
    "painplan.middleware.PrivatePages",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.Tenant",  # Innermost: one transaction a request, and only while the view runs.
]

ROOT_URLCONF = "painplan.urls"
WSGI_APPLICATION = "painplan.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "painplan.context.site",
                "painplan.banner.context",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database ---------------------------------------------------------------------------------------------------------
# Two roles. `owner` makes the tables; `app` works with them, and PostgreSQL holds it to the row-level policies because
# it neither owns the tables nor may bypass them. Commands that change tables sign in as the owner, all else as the app.

OWNER_COMMANDS = {"migrate", "makemigrations", "showmigrations", "sqlmigrate", "squashmigrations", "optimizemigration"}
DATABASE_ROLE = env.choice(
    "PAINPLAN_DATABASE_ROLE", ("app", "owner"), "owner" if OWNER_COMMANDS.intersection(sys.argv[1:2]) else "app"
)
DATABASE_APP_USER = "painplan_app"

if EMBEDDED:
    # HOST stays empty: the connection asks painplan.services for the socket's folder, which starts the server.
    DATABASE_OWNER: dict[str, Any] = {
        "NAME": "painplan",
        "USER": "painplan_owner",
        "PASSWORD": "",
        "HOST": "",
        "PORT": "",
        "OPTIONS": {},
    }
    DATABASE_APP = DATABASE_OWNER | {"USER": DATABASE_APP_USER}
else:
    DATABASE_APP = env.database("DATABASE_URL", env.text("DATABASE_URL"))
    DATABASE_OWNER = env.database("DATABASE_OWNER_URL", env.text("DATABASE_OWNER_URL") or env.text("DATABASE_URL"))

DATABASES = {
    "default": {
        "ENGINE": "painplan.database" if EMBEDDED else "django.db.backends.postgresql",
        **(DATABASE_OWNER if DATABASE_ROLE == "owner" else DATABASE_APP),
        "AUTO_MIGRATE": EMBEDDED and DATABASE_ROLE == "app",
        "CONN_MAX_AGE": env.integer("DATABASE_CONN_MAX_AGE", 60, minimum=0),
        "CONN_HEALTH_CHECKS": True,
        # PgBouncer hands every transaction to any server connection, so nothing may live longer than a transaction:
        # no server-side cursors, and no settings other than the transaction's own.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}

# --- Valkey or Redis: wakes the workers and holds the counters of the sign-in limits; it may be lost at any time ------

if env.text("REDIS_URL"):
    REDIS_URL = env.text("REDIS_URL")
    CACHE_URL = env.text("CACHE_URL", REDIS_URL)
elif LOCAL:
    REDIS_URL = CACHE_URL = ""  # The embedded one; painplan.services knows its socket.
else:
    REDIS_URL = CACHE_URL = env.required(
        "REDIS_URL", "Give the address of Valkey or Redis, for example redis://host:6379/0."
    )

CACHES = {"default": {"BACKEND": "painplan.cache.Cache", "LOCATION": CACHE_URL, "KEY_PREFIX": "painplan"}}

# --- Sign-in ----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.Backend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    # NIST SP 800-63B-4: 15 characters where the password may be the only factor, and no rules of composition.
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # Accounts are made by an administrator; nobody signs up.
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login": "20/m/ip", "login_failed": "5/5m/key,20/5m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL
MFA_TOTP_ISSUER = "painplan"
USERSESSIONS_TRACK_ACTIVITY = False

SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_SECONDS = 30 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# --- Browser security -------------------------------------------------------------------------------------------------

HTTPS = not LOCAL  # The demo speaks plain HTTP on the loopback address, where secure cookies would not come back.
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
# "no-referrer" would make browsers send "Origin: null", which the forgery check must refuse.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if env.boolean("BEHIND_TLS_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # The address that the nearest proxies saw. Without it every sign-in seems to come from the proxy, and the limits
    # for one address would stop everybody at once.
    ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXIES", 1, minimum=0, maximum=9)
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "painplan-session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "painplan-csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}

# --- Language, time, files --------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "UTC")

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"] if (BASE_DIR / "static").is_dir() else []
# What browsers ask for at the root of the site whatever a page says, as the icon of a PDF.
WHITENOISE_ROOT = BASE_DIR / "static" / "root"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = VAR_DIR / "media"

# --- Messages to people -----------------------------------------------------------------------------------------------

# Where reminders go; not set: by mail, or without SMTP in a local copy to the outbox that the demo shows.
REMINDER_DELIVERY = env.choice("REMINDER_DELIVERY", ("", "mail", "outbox", "files", "console"), "")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "painplan <no-reply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
if env.text("EMAIL_HOST"):
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = env.text("EMAIL_HOST")
    EMAIL_PORT = env.integer("EMAIL_PORT", 587, minimum=1, maximum=65535)
    EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
    EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
    EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", default=True)
    EMAIL_TIMEOUT = 20
elif LOCAL:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "outbox"
else:
    EMAIL_HOST = env.required("EMAIL_HOST", "Give the SMTP server that sends the reminders.")

# --- Logs: who, what, when; never a patient's name or answers ---------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "painplan.logs.RequestIdFilter"}},
    "formatters": {
        "lines": {"()": "painplan.logs.Lines"},
        "json": {"()": "painplan.logs.JsonLines"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": env.choice("LOG_FORMAT", ("lines", "json"), "lines" if LOCAL else "json"),
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")},
    "loggers": {
        # Django's own handlers would mail whole requests, with form values in them, to administrators.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},
    },
}
LOGGING_CONFIG = "logging.config.dictConfig"
ADMINS: list[tuple[str, str]] = []

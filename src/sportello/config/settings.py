"""Django's settings, all read from the environment (`config.environment.TABLE`)."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from sportello.config import environment as env

PACKAGE = Path(__file__).resolve().parent.parent
DATA = Path(env.read("SPORTELLO_DATA", "var")).resolve()

DEMO = env.flag("SPORTELLO_DEMO", default=False)
DEBUG = env.flag("SPORTELLO_DEBUG", default=False)
HTTPS = env.flag("SPORTELLO_HTTPS", default=not DEMO)

SECRET_KEY = env.read("SPORTELLO_SECRET_KEY") or env.kept_secret(DATA / "secret.txt", make=True)
SPORTELLO_KEYS = env.read("SPORTELLO_KEYS")
SPORTELLO_KEY_FILE = env.read("SPORTELLO_KEY_FILE") or str(DATA / "keys.txt")
SPORTELLO_DATA = DATA
SPORTELLO_METRICS_TOKEN = env.read("SPORTELLO_METRICS_TOKEN")
SPORTELLO_MAIL = env.read("SPORTELLO_MAIL")
SPORTELLO_ANCHOR_FILE = env.read("SPORTELLO_ANCHOR_FILE") or str(DATA / "anchors.jsonl")
SPORTELLO_ANCHOR_COMMAND = env.read("SPORTELLO_ANCHOR_COMMAND")
_SIMULATOR = env.read("SPORTELLO_STS_SIMULATOR") or (str(DATA / "sts-simulator") if DEMO else "")
SPORTELLO_STS_SIMULATOR = Path(_SIMULATOR).resolve() if _SIMULATOR else None
SPORTELLO_STS_PATIENCE = env.seconds("SPORTELLO_STS_PATIENCE", "10,120,300,30")
ALLOWED_HOSTS = [host for host in env.read("SPORTELLO_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host]
SPORTELLO_DESK_ADDRESS = env.read("SPORTELLO_DESK_ADDRESS") or (
    f"{'https' if HTTPS else 'http'}://{next(iter(ALLOWED_HOSTS), 'localhost')}/"
)
SPORTELLO_DESK_NAME = env.read("SPORTELLO_DESK_NAME") or "Sportello"
SPORTELLO_DESK_KEY_FILE = env.read("SPORTELLO_DESK_KEY_FILE") or str(DATA / "desk-key.pem")
SPORTELLO_DESK_SKEW = env.whole_number("SPORTELLO_DESK_SKEW", default=30, largest=300)
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if "*" not in host] if HTTPS else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_countries",
    "django_tasks",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "sportello.core",
    "sportello.accounts",
    "sportello.parties",
    "sportello.patients",
    "sportello.billing",
    "sportello.expenses",
    "sportello.jobs",
    "sportello.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sportello.web.metrics.CountRequests",
    "sportello.web.middleware.RequestId",
    "sportello.web.middleware.PrivatePages",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sportello.web.middleware.PersonLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "sportello.web.middleware.SeenSessions",
    "sportello.web.middleware.CalmFailure",
]

ROOT_URLCONF = "sportello.config.urls"
WSGI_APPLICATION = "sportello.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "sportello.web.context.shell",
            ],
            "builtins": ["sportello.web.templatetags.sportello"],
        },
    }
]

DATABASES = {"default": env.database(DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
CSRF_FAILURE_VIEW = "sportello.web.errors.csrf_failure"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ALLAUTH_TRUSTED_PROXY_COUNT = env.whole_number("SPORTELLO_PROXIES")
MESSAGE_TAGS = {10: "off", 20: "move", 25: "ok", 30: "wait", 40: "bad"}  # the families of `web.looks`
PASSWORD_RESET_TIMEOUT = 2 * 3600
ACCOUNT_ADAPTER = "sportello.web.public.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "sportello.web.public.forms.SignInForm"}
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "sportello.web.public.adapter.MfaAdapter"
MFA_FORMS = {
    "add_webauthn": "sportello.web.public.forms.AddKeyForm",
    "edit_webauthn": "sportello.web.public.forms.EditKeyForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the owner who adds a person vouches for the address
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
USERSESSIONS_TRACK_ACTIVITY = True

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = False  # the proxy in front redirects; `check-deploy` asks for it
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

LANGUAGE_CODE = "it"
LANGUAGES = [("it", _("Italian")), ("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = "Europe/Rome"
USE_TZ = True
USE_I18N = True

# Rate limits count in here, for all web processes together; nothing else does.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "web_cache"}}

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # pages name no others, and compressing takes most of the first start
STORAGES = {
    "default": {"BACKEND": "sportello.core.storage.WholeFileStorage", "OPTIONS": {"location": DATA / "files"}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
EMAIL_BACKEND = "sportello.core.mail.backend.OutboxBackend"
DEFAULT_FROM_EMAIL = env.read("SPORTELLO_MAIL_FROM", "sportello@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"pikepdf": {"level": "WARNING"}},  # else each process tells that it can log
    "root": {"handlers": ["console"], "level": env.read("SPORTELLO_LOG", "INFO")},
}

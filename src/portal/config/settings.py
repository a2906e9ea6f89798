"""Django's settings for the portal, all read from the environment (`config.environment.TABLE`)."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF

from portal.config import environment as env

PACKAGE = Path(__file__).resolve().parent.parent
DATA = Path(env.read("PORTAL_DATA", "var/portal")).resolve()

DEMO = env.flag("PORTAL_DEMO", default=False)
DEBUG = env.flag("PORTAL_DEBUG", default=False)
HTTPS = env.flag("PORTAL_HTTPS", default=not DEMO)

SECRET_KEY = env.read("PORTAL_SECRET_KEY") or env.kept_secret(DATA / "secret.txt")
PORTAL_DATA = DATA
PORTAL_KEY_FILE = env.read("PORTAL_KEY_FILE", str(DATA / "keys.txt"))
PORTAL_IDENTITY_FILE = env.read("PORTAL_IDENTITY_FILE", str(DATA / "identity.pem"))
PORTAL_ADDRESS = env.site_address()
PORTAL_MAIL = env.read("PORTAL_MAIL")
PORTAL_PROXIES = env.whole_number("PORTAL_PROXIES")
PORTAL_DESK_TIMEOUT = env.whole_number("PORTAL_DESK_TIMEOUT", 10)
HOSTS = [host for host in env.read("PORTAL_HOSTS").split(",") if host]
# The practice's server on this machine comes by a local name; with PORTAL_ADDRESS no link in a mail follows it.
ALLOWED_HOSTS = [*HOSTS, "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in HOSTS if "*" not in host] if HTTPS else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "portal.accounts",
    "portal.connections",
    "portal.post",
    "portal.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.web.middleware.PrivatePages",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.web.middleware.AccountLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.web.middleware.SeenSession",
    "portal.web.middleware.CalmFailure",
]

ROOT_URLCONF = "portal.config.urls"
WSGI_APPLICATION = "portal.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "portal.web.context.shell",
            ],
            "builtins": ["portal.web.templatetags.portal"],
        },
    }
]

DATABASES = {"default": env.database(DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["portal.accounts.backend.AccountBackend"]
PASSWORD_HASHERS = ["portal.accounts.hashing.PatientsArgon2"]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "portal.accounts.passwords.KnownPasswords"}]
CSRF_FAILURE_VIEW = "portal.web.errors.csrf_failure"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
PASSWORD_RESET_TIMEOUT = 2 * 3600
# A message lives in a signed cookie: the session table holds opaque ids only.
MESSAGE_STORAGE = "portal.web.notices.NoticeCookie"
MESSAGE_TAGS = {10: "off", 20: "move", 25: "ok", 30: "wait", 40: "bad"}

# On one machine both sites share the host and so its cookies: the names differ from the practice's.
COOKIE_PREFIX = "__Host-portal" if HTTPS else "portal"
SESSION_ENGINE = "portal.accounts.sessions"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}-session"
SESSION_COOKIE_AGE = 2 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}-csrf"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}-language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
DEVICE_COOKIE_NAME = f"{COOKIE_PREFIX}-device"
THEME_COOKIE_NAME = f"{COOKIE_PREFIX}-theme"

SECURE_SSL_REDIRECT = False  # the proxy in front redirects; `portal check-deploy` asks for it
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# The address of an invitation is a secret: no other site learns it. (Without any referrer browsers send "null" as the
# origin of a form, which the protection against forged forms has to refuse.)
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
    }
}

LANGUAGE_CODE = "it"
LANGUAGES = [
    ("it", "Italiano"),
    ("en", "English"),
    ("ro", "Română"),
    ("sq", "Shqip"),
    ("ar", "العربية"),
    ("zh-hans", "简体中文"),
    ("uk", "Українська"),
    ("es", "Español"),
    ("fr", "Français"),
    ("de", "Deutsch"),
]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = "Europe/Rome"
USE_TZ = True
USE_I18N = True

CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}  # nothing is kept for later

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # pages name no others, and compressing takes most of the first start
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # nobody uploads anything here
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_HANDLERS = ["portal.web.uploads.NoUploads"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DEFAULT_FROM_EMAIL = env.read("PORTAL_MAIL_FROM", "portal@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_addresses": {"()": "portal.web.discreet.NoAddresses"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["no_addresses"]}},
    "root": {"handlers": ["console"], "level": env.read("PORTAL_LOG", "INFO")},
}

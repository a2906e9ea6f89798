"""The product's settings on a throwaway data folder, with what tests must be strict about.

`SPORTELLO_TEST_DATABASE` chooses the database: sqlite (the default), postgresql (a server of our own is
started) or the address of a server, postgresql://….
"""

from tests.support import environment, undefined

PLACE = environment.prepare()

from sportello.config.settings import *  # noqa: E402, F403 - the environment had to be ready first
from sportello.config.settings import DATABASES, STORAGES, TEMPLATES  # noqa: E402

if PLACE.database.startswith("sqlite"):
    DATABASES["default"]["TEST"] = {"NAME": str(PLACE.data / "test.sqlite3")}
DATABASES["default"]["CONN_MAX_AGE"] = 0  # the database is put back between tests: no connection may linger

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # argon2 is slow on purpose
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = undefined.Undefined()

"""The portal's settings on a throwaway data folder, with what tests must be strict about.

`SPORTELLO_TEST_DATABASE` chooses the database as for the practice's tests (`tests.settings`).
"""

import base64
import os

from deskwire.signing import Signer
from tests.support import environment, undefined

PLACE = environment.prepare()
for name in [name for name in os.environ if name.startswith("PORTAL_")]:
    del os.environ[name]
DATA_FOLDER = PLACE.data / "portal"
DATA_FOLDER.mkdir(mode=0o700)
(DATA_FOLDER / "keys.txt").write_text(f"test:{base64.b64encode(os.urandom(32)).decode()}\n", encoding="ascii")
(DATA_FOLDER / "identity.pem").write_bytes(Signer.make().pem())
os.environ["PORTAL_DATA"] = str(DATA_FOLDER)
os.environ["PORTAL_HTTPS"] = "0"
os.environ["PORTAL_SECRET_KEY"] = "only-for-tests-" + "x" * 50
os.environ["PORTAL_LOG"] = "WARNING"
os.environ["PORTAL_HOSTS"] = "localhost,127.0.0.1,testserver"
if not PLACE.database.startswith("sqlite"):
    os.environ["PORTAL_DATABASE"] = PLACE.database

from portal.config.settings import *  # noqa: E402, F403 - the environment had to be ready first
from portal.config.settings import DATABASES, STORAGES, TEMPLATES  # noqa: E402

DATABASES["default"]["CONN_MAX_AGE"] = 0
if PLACE.database.startswith("sqlite"):
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_FOLDER / "test.sqlite3")}
else:
    DATABASES["default"]["TEST"] = {"NAME": f"test_portal_{os.getpid()}"}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # argon2 is slow on purpose
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = undefined.Undefined()

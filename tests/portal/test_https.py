"""What holds behind https: cookies that no other host can set, and links that follow the settings."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.config import environment

CODE = """
import json, django
django.setup()
from django.conf import settings
from portal.web.notices import NoticeCookie
names = [name for name in dir(settings) if name.endswith("COOKIE_NAME")]
print(json.dumps({
    "cookies": {name: getattr(settings, name) for name in names} | {"notices": NoticeCookie.cookie_name},
    "secure": [settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.LANGUAGE_COOKIE_SECURE],
    "hsts": settings.SECURE_HSTS_SECONDS,
    "paths": [settings.SESSION_COOKIE_PATH, settings.CSRF_COOKIE_PATH, settings.LANGUAGE_COOKIE_PATH],
    "domains": [settings.SESSION_COOKIE_DOMAIN, settings.CSRF_COOKIE_DOMAIN, settings.LANGUAGE_COOKIE_DOMAIN],
    "trusted": settings.CSRF_TRUSTED_ORIGINS,
    "hosts": settings.ALLOWED_HOSTS,
}))
"""


def _settings(tmp_path, **more):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE],
        env={name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        | {"DJANGO_SETTINGS_MODULE": "portal.config.settings", "PYTHONPATH": os.pathsep.join(sys.path)}
        | {"PORTAL_DATA": str(tmp_path)}
        | more,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_cookies_behind_https_belong_to_this_host_alone(tmp_path):
    found = _settings(tmp_path, PORTAL_HOSTS="pazienti.example.org")
    ours = {name: text for name, text in found["cookies"].items() if text.startswith("__Host-")}
    assert ours.keys() == found["cookies"].keys()
    assert len(set(ours.values())) == len(ours)
    assert found["secure"] == [True, True, True]
    assert found["paths"] == ["/", "/", "/"], "__Host- asks for it"
    assert found["domains"] == [None, None, None]
    assert found["hsts"] >= 31_536_000
    assert found["trusted"] == ["https://pazienti.example.org"]


def test_cookies_on_one_machine_have_other_names_than_the_practice(tmp_path):
    found = _settings(tmp_path, PORTAL_HTTPS="0")
    assert not set(found["cookies"].values()) & {"sessionid", "csrftoken", "django_language", "messages", "theme"}
    assert all(name.startswith("portal-") for name in found["cookies"].values())


def test_secret_is_made_once_and_for_its_owner_alone(tmp_path):
    _settings(tmp_path / "data")
    path = tmp_path / "data" / "secret.txt"
    first = path.read_text()
    _settings(tmp_path / "data")
    assert path.read_text() == first
    assert len(first) >= 50
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("PORTAL_DEMO", "maybe", lambda: environment.flag("PORTAL_DEMO", default=False)),
        ("PORTAL_PROXIES", "-1", lambda: environment.whole_number("PORTAL_PROXIES")),
        ("PORTAL_ADDRESS", "pazienti.example.org", environment.site_address),
        ("PORTAL_ADDRESS", "https://pazienti.example.org/sub", environment.site_address),
        ("PORTAL_DATABASE", "mysql://x", lambda: environment.database(Path())),
    ],
)
def test_setting_that_cannot_be_meant_is_named(monkeypatch, name, value, read):
    monkeypatch.setenv(name, value)
    with pytest.raises(environment.BadSetting, match=name):
        read()


def test_setting_that_is_not_in_the_table_is_refused():
    with pytest.raises(environment.BadSetting, match="PORTAL_NOPE"):
        environment.read("PORTAL_NOPE")


def test_database_address_of_postgresql_is_read(monkeypatch):
    monkeypatch.setenv("PORTAL_DATABASE", "postgresql://us%40er:p%2Fw@db.example:5433/portal?host=/run/pg")
    found = environment.database(Path())
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["NAME"]) == ("us@er", "p/w", "/run/pg", "portal")


@pytest.mark.django_db
def test_link_in_a_mail_follows_the_settings_not_the_request(client, bruno, settings):
    from portal.post.models import Mail
    from portal.post.outbox import opened

    settings.PORTAL_ADDRESS = "https://pazienti.example.org"
    client.post("/forgot/", {"address": "bruno.neri@example.org"}, headers={"Host": "127.0.0.1"})
    assert "https://pazienti.example.org/reset/" in opened(Mail.objects.get()).text

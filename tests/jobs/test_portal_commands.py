"""`sportello portal`: a portal's fingerprint is compared, its code proved, and its answers are believed when signed."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deskwire.cards import CARD_PATH, PAIR_PATH, Card, PairAccepted, code_key, new_code, open_offer, write_card
from deskwire.signing import MEDIA_TYPE, Rejected, Signer, seal_reply
from sportello.core import pairing
from sportello.jobs import deployment
from sportello.jobs.command_line import main
from sportello.jobs.outcome import Exit

CODE = new_code()


class Seen:
    """A replay guard in memory."""

    def __init__(self):
        self.ids = set()

    def first_time(self, issuer, request_id, until):
        fresh = request_id not in self.ids
        self.ids.add(request_id)
        return fresh


class Answers(BaseHTTPRequestHandler):
    """The two addresses of a portal that pairing needs."""

    server: FakePortal

    def log_message(self, *given):
        """Keep quiet."""

    def do_GET(self):
        self._send(200 if self.path == f"/{CARD_PATH}" else 404, self.server.shown)

    def do_POST(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.offers.append((self.path, self.headers["Content-Type"], data))
        status, reply = self.server.reply(data)
        self._send(status, reply)

    def _send(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class FakePortal(HTTPServer):
    """A portal as far as pairing goes; `answers_as` signs, `card` is what its signed answer shows."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.signer = self.answers_as = Signer.make()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.card = Card.of(self.signer, name="Accesso paziente", address=f"{self.url}/")
        self.shown, self.offers, self.seen, self.offered = write_card(self.card), [], Seen(), []

    def reply(self, data):
        try:
            opened, card, _key = open_offer(
                data, audience=self.signer.id, now=datetime.now(UTC), seen=self.seen, keys=[code_key(CODE)]
            )
        except Rejected:
            return 404, b"Not found\n"
        self.offered.append(card)
        return 200, seal_reply(self.answers_as, PairAccepted(self.card), to=opened.envelope, now=datetime.now(UTC))


@pytest.fixture
def portal():
    """Give a portal that listens on this machine."""
    server = FakePortal()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _desk(settings, tmp_path):
    settings.SPORTELLO_DESK_KEY_FILE = str(tmp_path / "desk-key.pem")
    settings.SPORTELLO_DESK_ADDRESS = "https://studio.example/"
    settings.ALLOWED_HOSTS = ["studio.example", "127.0.0.1", "[::1]"]


def _pair(portal, *, told=None, code=CODE, address=()):
    told = portal.card.fingerprint if told is None else told
    return main(["portal", "pair", "--portal", portal.url, "--yes", told, "--code", code, *address])


pytestmark = pytest.mark.django_db(transaction=True)


def test_pair_compares_proves_and_answers_from_then_on(portal, capsys):
    assert _pair(portal) == Exit.DONE
    said = capsys.readouterr().out
    assert portal.card.fingerprint in said
    assert portal.url in said
    assert pairing.known_key(portal.card.id) == portal.signer.public
    ((path, media_type, data),) = portal.offers
    assert (path, media_type) == (f"/{PAIR_PATH}", MEDIA_TYPE)
    assert CODE.encode() not in data
    (card,) = portal.offered
    assert (card.id, card.address) == (pairing.desk_id(), "https://studio.example/")


def test_pair_tells_the_portal_another_address_when_asked_to(portal):
    assert _pair(portal, address=["--address", "http://127.0.0.1:8123"]) == Exit.DONE
    assert portal.offered[0].address == "http://127.0.0.1:8123/"


def test_pair_again_after_a_move_keeps_one_pairing(portal):
    assert [_pair(portal), _pair(portal)] == [Exit.DONE, Exit.DONE]
    assert len(pairing.pairings()) == 1


def test_pair_with_another_fingerprint_sends_nothing(portal, capsys):
    other = Signer.make().id
    assert _pair(portal, told=other) == Exit.REFUSED
    assert "differ" in capsys.readouterr().err
    assert not portal.offers
    assert not pairing.pairings()


def test_pair_with_a_wrong_code_says_where_to_get_another(portal, capsys):
    assert _pair(portal, code=new_code()) == Exit.REFUSED
    assert "portal pair-code" in capsys.readouterr().err
    assert not pairing.pairings()


def test_pair_with_an_answer_of_somebody_else_pairs_nothing(portal, capsys):
    portal.answers_as = Signer.make()
    assert _pair(portal) == Exit.REFUSED
    assert "not signed by it" in capsys.readouterr().err
    assert not pairing.pairings()


def test_pair_with_another_card_in_the_answer_pairs_nothing(portal, capsys):
    portal.card = Card.of(Signer.make(), name="x", address="https://x.example/")
    assert _pair(portal, told=portal.signer.id) == Exit.REFUSED
    assert "another card" in capsys.readouterr().err
    assert not pairing.pairings()


@pytest.mark.parametrize("shown", [b"<html>a site</html>", b"x" * 10_000, b"{}"])
def test_pair_with_what_is_no_portal_says_so(portal, capsys, shown):
    portal.shown = shown
    assert _pair(portal) == Exit.REFUSED
    assert "no portal" in capsys.readouterr().err


def test_pair_where_nobody_answers_says_so(portal, capsys):
    free = FakePortal()
    free.server_close()
    assert _pair(free) == Exit.REFUSED
    assert "Nobody answers" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["ftp://x/", "pazienti.example", "https://u:p@x.example"])
def test_pair_with_what_is_no_address_is_misused(url, capsys):
    assert main(["portal", "pair", "--portal", url, "--yes", "x", "--code", "y"]) == Exit.USAGE
    assert "no address" in capsys.readouterr().err


def test_pair_with_an_address_of_ours_that_is_none_names_the_setting(portal, settings, capsys):
    settings.SPORTELLO_DESK_ADDRESS = "studio.example"
    assert _pair(portal) == Exit.USAGE
    assert "SPORTELLO_DESK_ADDRESS" in capsys.readouterr().err


def test_pair_with_a_name_that_this_server_does_not_answer_to_names_the_setting(portal, capsys):
    assert _pair(portal, address=["--address", "https://anders.example/"]) == Exit.USAGE
    assert "SPORTELLO_HOSTS" in capsys.readouterr().err
    assert not portal.offers
    assert _pair(portal, address=["--address", "http://[::1]:8000/"]) == Exit.DONE


def test_pair_without_terminal_names_the_option(portal, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["portal", "pair", "--portal", portal.url]) == Exit.USAGE
    assert "--yes" in capsys.readouterr().err


def test_list_shows_fingerprints_of_both_sides(portal, capsys):
    assert main(["portal", "list"]) == Exit.DONE
    assert "No portal" in capsys.readouterr().out
    _pair(portal)
    capsys.readouterr()
    assert main(["portal", "list"]) == Exit.DONE
    said = capsys.readouterr().out
    assert portal.card.fingerprint in said
    assert pairing.desk_card().fingerprint in said


def test_list_without_the_key_file_names_the_remedy(portal, settings, capsys):
    _pair(portal)
    settings.SPORTELLO_DESK_KEY_FILE += ".gone"
    assert main(["portal", "list"]) == Exit.REFUSED
    assert "Put its copy back" in capsys.readouterr().err


def test_unpair_ends_it(portal, capsys):
    _pair(portal)
    assert main(["portal", "unpair", portal.card.fingerprint]) == Exit.DONE
    assert pairing.known_key(portal.card.id) is None
    assert main(["portal", "unpair", portal.card.id]) == Exit.REFUSED
    assert "portal list" in capsys.readouterr().err


def _found():
    """Return what is said of portals and of the key they know this server by."""
    whats = [finding.what for finding in deployment.findings()]
    return [what for what in whats if "ortal" in what or "desk-key.pem" in what]


def test_check_deploy_says_nothing_of_portals_that_are_paired_well(portal):
    assert not _found()
    pairing.make_key()
    pairing.pair(Card.of(portal.signer, name="x", address="https://pazienti.example/"), now=datetime.now(UTC))
    pairing.pair(portal.card, now=datetime.now(UTC))  # on this machine: nobody is on the way
    assert not _found()


def test_check_deploy_finds_what_is_wrong_with_the_desk(portal, settings):
    pairing.pair(Card.of(portal.signer, name="x", address="http://pazienti.example/"), now=datetime.now(UTC))
    settings.SPORTELLO_DESK_ADDRESS = "http://studio.example/"
    found = " ".join(_found())
    assert "is missing: patients see nothing" in found
    assert "ask this server over http" in found
    assert "http://pazienti.example/ over http" in found
    pairing.make_key()
    Path(settings.SPORTELLO_DESK_KEY_FILE).chmod(0o644)
    assert "may read" in " ".join(_found())

"""Each way to reach the State, from the empty form to the outcome, against the simulator: own, `/entrate`, `/enti`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from sistemats.codes import SenderCategory
from sistemats.documents import Owner
from sistemats.simulator import Options, Simulator
from sistemats.simulator.users import REGION_USER, Delegation, Role, User
from sportello.core.actors import System, acting
from sportello.core.violations import RuleViolation
from sportello.expenses import patience, taking_in
from sportello.expenses.exchange.run import run
from sportello.expenses.models import Expense, StsSettings, Transmission
from sportello.web.sentences import sentence
from tests.billing.desk import line, paid
from tests.expenses.counter import NOON, QUICK
from tests.web.practice.conftest import text_of
from tests.web.practice.sealing import pem_of

CODE, VAT = "RSSDAA79H51A944U", "01234560371"
PASSWORD = "Prova2026x"
BASIS = {"stamp_expense": "included", "password_lasts": "90"}
AUTHORISED = {"region": "601", "asl": "120", "ssa": "010008"}
HOLDER = Owner(CODE, **AUTHORISED)
STRUCTURE = User(
    "ASC7X001",
    Role.STRUCTURE,
    PASSWORD,
    "1112223334",
    category=SenderCategory.AUTHORISED_STRUCTURE,
    owner=HOLDER,
    vat_numbers=(VAT,),
)
ACCOUNTANT = User(
    "VRDGNN70A01F205A",
    Role.INTERMEDIARY,
    PASSWORD,
    "4B64AA1D",
    intermediary="01234560371-000",
    delegations=(Delegation(Owner(CODE), SenderCategory.HEALTH_PROFESSIONAL, (VAT,)),),
)


class Desk:
    """Ada's desk with a simulator beside it, and nothing set up yet."""

    def __init__(self, world, client, simulator) -> None:
        self.world, self.client, self.simulator = world, client, simulator
        self.entity = world.studio.pk

    def post(self, page: str, data: dict[str, Any]) -> Any:
        return self.client.post(reverse(f"practice:sts_{page}", args=[self.entity]), data)

    def set_up(self, identity: dict[str, Any], kind: str) -> None:
        """Write the account, choose the simulator, map the therapy, and accept the notice."""
        assert self.post("identity", BASIS | identity).status_code == 302
        self.post("environment", {"environment": "simulator"})
        self.post("mapping_of", {f"service-{self.world.therapy.pk}": kind})
        self.post("activation", {"since": "01/01/2026", "accepted": "on"})

    def problem(self, identity: dict[str, Any]) -> str:
        """Return what the form says against the certificate to sign in with."""
        return str(self.post("identity", BASIS | identity).context["form"].errors["client_certificate"][0])

    def tested(self) -> str:
        """Test the credentials and return what was found."""
        self.post("test", {})
        with acting(System("tests")):
            return StsSettings.objects.get(entity_id=self.entity).test_result

    def send_one_and_a_file(self) -> list[str]:
        """Send a document alone and three in a file, let the State finish, and return where they stand."""
        papers = [paid(self.world, line(f"{80 + each}.00", service_id=self.world.therapy.pk)) for each in range(4)]
        with acting(System("tests", self.world.studio.practice_id)):
            taking_in.take_in(self.world.studio.practice_id)
        self.client.post(reverse("practice:sts_deed", args=[papers[0].pk, "send"]))
        with acting(System("tests", self.world.studio.practice_id)):
            run(self.entity, automatic=True, many=3)
            self.simulator.ministry.processor.poke(60)
            Transmission.objects.exclude(next_poll_at=None).update(next_poll_at=patience.now())
            run(self.entity)
            return list(Expense.objects.order_by("pk").values_list("state", flat=True))


@pytest.fixture
def desk(world, proved, on_the_day, tmp_path, request):
    """Open the desk with the users that the test names; `tls` as the test says."""
    more = getattr(request, "param", {})
    options = Options(folder=tmp_path / "ministry", clock=NOON, settings=QUICK, tls=more.get("tls", False))
    old = settings.SPORTELLO_STS_SIMULATOR
    with Simulator(options, users=more.get("users", [])) as simulator:
        settings.SPORTELLO_STS_SIMULATOR = tmp_path / "ministry"
        simulator.clock.freeze(True)
        try:
            with patience.arranged(clock=simulator.clock.now, read=60.0, upload=60.0):
                yield Desk(world, proved("ada"), simulator)
        finally:
            settings.SPORTELLO_STS_SIMULATOR = old


def said(code: str) -> str:
    """Return the sentence of a code in Ada's language."""
    with translation.override("it"):
        return sentence(RuleViolation(code))


def calls(desk: Desk) -> set[str]:
    """Return the channels that the State was called on."""
    return {entry["channel"] for entry in desk.simulator.ministry.journal.read(limit=1000)}


@pytest.mark.parametrize("desk", [{"users": [STRUCTURE]}], indirect=True)
def test_structure_sends_with_its_own_credentials_and_codes(desk):
    identity = {"category": "authorised_structure", "channel": "direct", "username": STRUCTURE.name}
    desk.set_up(identity | {"owner_code": CODE, "password": PASSWORD, "pin": STRUCTURE.pin} | AUTHORISED, "SR")
    assert desk.tested() == "good"
    assert desk.send_one_and_a_file() == ["ACCEPTED"] * 4
    assert calls(desk) == {"direct"}
    page = text_of(desk.client.get(reverse("practice:sts_account", args=[desk.entity])))
    assert "601 · 120 · 010008" in page


@pytest.mark.parametrize("desk", [{"users": [ACCOUNTANT]}], indirect=True)
def test_accountant_sends_by_delegation_over_entrate(desk):
    identity = {"category": "health_professional", "channel": "entrate", "username": ACCOUNTANT.name}
    identity |= {"owner_code": CODE, "password": PASSWORD, "pin": ACCOUNTANT.pin, "delegate_name": "Studio Conti"}
    desk.set_up(identity | {"intermediary": ACCOUNTANT.intermediary}, "SP")
    assert desk.tested() == "good"
    assert desk.send_one_and_a_file() == ["ACCEPTED"] * 4
    assert calls(desk) == {"entrate"}
    page = text_of(desk.client.get(reverse("practice:sts_account", args=[desk.entity])))
    assert "Studio Conti" in page


@pytest.mark.parametrize("desk", [{"users": [ACCOUNTANT]}], indirect=True)
def test_accountant_without_a_delegation_is_told_so(desk, world):
    identity = {"category": "health_professional", "channel": "entrate", "username": ACCOUNTANT.name}
    identity |= {"owner_code": "VRDBRN80E12A944U", "password": PASSWORD, "pin": ACCOUNTANT.pin}
    desk.set_up(identity | {"intermediary": ACCOUNTANT.intermediary}, "SP")
    assert desk.tested() == "delegation"


@pytest.mark.parametrize("desk", [{"tls": True}], indirect=True)
def test_region_signs_in_with_its_certificate_over_enti(desk, tmp_path):
    users = json.loads((tmp_path / "ministry" / "users.json").read_text())["users"]
    region = next(each for each in users if each["user"] == REGION_USER)
    pem = (region["client_certificate"] + region["client_key"]).encode()
    identity = {"category": "authorised_structure", "channel": "enti", "owner_code": CODE, "pin": region["pin"]}
    identity |= {"intermediary": region["intermediary"]} | AUTHORISED
    assert desk.problem(identity) == said("sts_client_missing")
    desk.set_up(identity | {"client_certificate": SimpleUploadedFile("regione.pem", pem)}, "SR")
    assert desk.tested() == "good"
    assert desk.send_one_and_a_file() == ["ACCEPTED"] * 4
    assert calls(desk) == {"enti"}
    page = text_of(desk.client.get(reverse("practice:sts_account", args=[desk.entity])))
    assert "PRIVATE KEY" not in page


def test_certificate_to_sign_in_with_needs_its_own_key(desk, tmp_path):
    identity = {"category": "authorised_structure", "channel": "enti", "owner_code": CODE, "pin": "9990001112"}
    identity |= {"intermediary": "999000"} | AUTHORISED
    for data, code in (
        (b"no certificate", "sts_client_unreadable"),
        (pem_of("one", key=False), "sts_client_without_key"),
        (pem_of("one", key=False) + pem_of("two", certificate=False), "sts_client_other_key"),
        (pem_of("one", passphrase=b"x"), "sts_client_locked"),
    ):
        file = SimpleUploadedFile("x.pem", data)
        assert desk.problem(identity | {"client_certificate": file}) == said(code)

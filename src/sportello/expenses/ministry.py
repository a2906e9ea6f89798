"""The one door to the ministry: from an entity's account to a client of `sistemats`.

Nothing else here makes clients. Certificates that a practice loaded lie in the database; the simulator has its own in
its folder. Files that TLS wants on a disk live in a private folder for as long as the client does. Nothing is asked of
the network before a call is made; nothing here may run inside a transaction.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from django.conf import settings

from sistemats import settings as sistemats_settings
from sistemats.codes import Channel, Host, SenderCategory
from sistemats.crypto import Certificate, Sealer, choose_certificate
from sistemats.dated import key_is_known
from sistemats.documents import Owner, Sender
from sistemats.errors import CertificateError, InputError
from sistemats.exchange import Client
from sistemats.http import Credentials, Endpoints, RequestsTransport, Timeouts, TlsSettings, Transport
from sportello.expenses import patience
from sportello.expenses.models import Environment, StsCertificate, StsSettings

Clock = Callable[[], datetime]
READ_TIMEOUT = Timeouts().read
UPLOAD_TIMEOUT = Timeouts().upload_read


class NotConfigured(RuntimeError):
    """
    No client can be made for an account. `code` says what is missing.

    ``no_certificate``: no SanitelCF; ``no_simulator``: none runs beside this server; ``account``: user, password or
    certificate to sign in with cannot be used.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def make_transport(
    endpoints: Endpoints, credentials: Credentials | None, tls: TlsSettings, timeouts: Timeouts
) -> Transport:
    """Return what carries the bytes; a test puts another in its place."""
    return RequestsTransport(endpoints, credentials, tls, timeouts)


@contextmanager
def speaking(account: StsSettings, *, now: Clock) -> Iterator[Client]:
    """
    Open a client for an entity's account until the block ends.

    :param now: gives the aware instant that uncertain outcomes bear and certificates are chosen by
    :raises NotConfigured: something is missing before a byte could leave
    """
    certificate = sealing_certificate(account, now())
    with tempfile.TemporaryDirectory(prefix="sportello-sts-") as folder:
        try:
            transport = make_transport(
                Endpoints(base_of(account), Channel(account.channel)),
                _credentials(account),
                _tls(account, Path(folder)),
                patience.timeouts(),
            )
        except (ValueError, OSError):
            raise NotConfigured("account") from None
        try:
            yield Client(transport, sender_of(account), Sealer(certificate), now)
        finally:
            close = getattr(transport, "close", None)
            if close:
                close()


def sealing_certificate(account: StsSettings, now: datetime) -> Certificate:
    """
    Return the certificate that codes and PINs are encrypted with: a valid one that lasts longest, else the last.

    :raises NotConfigured: ``no_certificate``, ``no_simulator``
    """
    try:
        return choose_certificate(_certificates(account), now)
    except CertificateError:
        raise NotConfigured("no_certificate") from None


def is_doubtful(account: StsSettings, certificate: Certificate, now: datetime) -> bool:
    """Tell whether a certificate has ended, or wraps another key than the State is known to have."""
    if account.environment == Environment.SIMULATOR:
        return False
    return now > certificate.valid_to or not key_is_known(certificate)


def sender_of(account: StsSettings) -> Sender:
    """Return who sends for which owner, as the wire wants it."""
    return Sender(
        category=SenderCategory(account.category),
        owner=Owner(
            fiscal_code=account.owner_code or None,
            region=account.region or None,
            asl=account.asl or None,
            ssa=account.ssa or None,
        ),
        pin=account.pin,
        channel=Channel(account.channel),
        intermediary=account.intermediary or None,
    )


def base_of(account: StsSettings) -> str:
    """
    Return the address of the host that an account speaks to.

    :raises NotConfigured: ``no_simulator``
    """
    if account.environment == Environment.SIMULATOR:
        return _simulator().base
    return Host.PRODUCTION.value if account.environment == Environment.PRODUCTION else Host.TEST.value


def simulator_runs() -> bool:
    """Tell whether a simulator has filled the folder that the settings name."""
    folder = settings.SPORTELLO_STS_SIMULATOR
    return folder is not None and (Path(folder) / "endpoints.json").is_file()


def _simulator() -> sistemats_settings.Settings:
    folder = settings.SPORTELLO_STS_SIMULATOR
    if folder is None:
        raise NotConfigured("no_simulator")
    try:
        return sistemats_settings.simulator_settings(Path(folder))
    except (InputError, OSError):
        raise NotConfigured("no_simulator") from None


def _certificates(account: StsSettings) -> list[Certificate]:
    if account.environment == Environment.SIMULATOR:
        try:
            return _simulator().load_certificates()
        except InputError:
            raise NotConfigured("no_simulator") from None
    rows = StsCertificate.objects.filter(practice_id=account.practice_id, purpose=StsCertificate.SANITELCF)
    return [Certificate.load(row.pem.encode()) for row in rows.order_by("pk")]


def _credentials(account: StsSettings) -> Credentials | None:
    if account.channel == Channel.ENTI and not account.password:
        return None
    return Credentials(account.username, account.password)


def _tls(account: StsSettings, folder: Path) -> TlsSettings:
    own = _client_certificate(account, folder) if account.channel == Channel.ENTI else None
    if account.environment == Environment.SIMULATOR:
        return replace(_simulator().tls, client_certificate=own)
    bundle = _bundle(account, folder) if account.environment == Environment.TEST else None
    return TlsSettings(ca_bundle=bundle, client_certificate=own)


def _bundle(account: StsSettings, folder: Path) -> Path | None:
    rows = StsCertificate.objects.filter(practice_id=account.practice_id, purpose=StsCertificate.CA)
    pems = [row.pem for row in rows.order_by("pk")]
    if not pems:
        return None
    path = folder / "ca.pem"
    path.write_text("".join(pems), encoding="ascii")
    return path


def _client_certificate(account: StsSettings, folder: Path) -> tuple[Path, Path] | None:
    if not account.client_certificate:
        return None
    path = folder / "client.pem"
    path.touch(mode=0o600)
    path.write_text(account.client_certificate, encoding="ascii")
    return path, path

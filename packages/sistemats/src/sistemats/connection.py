"""From settings to a client, in one step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sistemats.certificates import CertificateStore, default_store
from sistemats.crypto import Certificate, Sealer, choose_certificate
from sistemats.documents import Sender
from sistemats.errors import InputError
from sistemats.exchange import Client
from sistemats.exchange.resolve import ITALY
from sistemats.http import RequestsTransport
from sistemats.rules import check_certificate
from sistemats.settings import Secrets, Settings

_log = logging.getLogger("sistemats")


def _now() -> datetime:
    return datetime.now(tz=ITALY)


@contextmanager
def connect(
    settings: Settings,
    secrets: Secrets | None = None,
    sender: Sender | None = None,
    certificate: Certificate | None = None,
    now: Callable[[], datetime] = _now,
) -> Iterator[Client]:
    """Open a client over HTTP; everything not given comes from the settings, the environment and the loaded
    certificates.

    :raises InputError: a setting or secret is missing or cannot be used
    :raises CertificateError: no certificate to seal with
    """
    secrets = secrets or Secrets()
    sender = sender or settings.make_sender(secrets)
    if certificate is None:
        known = settings.load_certificates() or CertificateStore(default_store()).all()
        certificate = choose_certificate(known, now())
        for finding in check_certificate(certificate, now(), production=settings.state):
            _log.warning("%s", finding.english)
    try:
        transport = RequestsTransport(
            settings.endpoints(sender), settings.credentials(secrets), settings.tls, settings.timeouts
        )
    except (ValueError, OSError) as problem:
        raise InputError(f"The connection cannot be set up: {problem}") from None
    with transport:
        yield Client(transport, sender, Sealer(certificate), now, seal_afresh=settings.seal_afresh)

"""The desk's one address: a signed request comes in, a signed reply or a stream of frames goes out."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from deskwire.codec import Malformed
from deskwire.messages import Message, Refusal, RefusalCode
from deskwire.signing import (
    LARGEST,
    MEDIA_TYPE,
    STREAM_TYPE,
    VERSION,
    OpenedRequest,
    Rejected,
    UnknownVersion,
    seal_reply,
)
from sportello.core import pairing
from sportello.core.actors import acting
from sportello.desk import answering
from sportello.desk.answering import Answer, Asked, Caller, Paper, Refuse
from sportello.desk.guard import let_in
from sportello.desk.seats import seat
from sportello.desk.sending import sent

log = logging.getLogger("sportello.desk")


@csrf_exempt
def desk(request: HttpRequest) -> HttpResponseBase:
    """Answer one signed request. Whoever is not a portal that is answered sees an address where there is nothing."""
    if request.method != "POST":
        return nothing_here()
    try:
        opened = let_in(_body(request), now=_now())
    except UnknownVersion:
        return _other_version()
    except (Rejected, pairing.NoDeskKey):
        return nothing_here()
    return answer(opened)


desk.audience = "portal"  # type: ignore[attr-defined]  # the route test reads it


def answer(opened: OpenedRequest) -> HttpResponseBase:
    """Return the signed answer to a request that was let in: a reply, a refusal or a file."""
    how = answering.find(opened.envelope.kind)
    try:
        if not how.connected:
            return _reply(opened, how.act(_caller(opened), opened.message))
        asked = _asked(opened)
    except Refuse as refused:
        return _reply(opened, refused.refusal)
    return _answer_connected(opened, how, asked)


def nothing_here() -> HttpResponse:
    """Return the one answer that everybody gets who may not know that there is a desk."""
    return HttpResponse(b"Not found\n", status=404, content_type="text/plain; charset=utf-8")


def _answer_connected(opened: OpenedRequest, how: Answer, asked: Asked) -> HttpResponseBase:
    try:
        with acting(asked.actor):
            if how.power is not None and not asked.actor.may(how.power):
                raise Refuse(RefusalCode.NOT_FOUND)
            given = how.act(asked, opened.message)
    except (ObjectDoesNotExist, Refuse) as problem:
        refusal = problem.refusal if isinstance(problem, Refuse) else Refusal(RefusalCode.NOT_FOUND)
        if refusal.code is RefusalCode.NOT_FOUND:
            asked.record("access.denied", kind=how.kind, result="not_found")
        return _reply(opened, refusal)
    return _file(opened, how, asked, given) if isinstance(given, Paper) else _reply(opened, given)


def _asked(opened: OpenedRequest) -> Asked:
    envelope = opened.envelope
    return seat(envelope.connection, portal=envelope.issuer, request_id=envelope.id, now=_now())


def _caller(opened: OpenedRequest) -> Caller:
    return Caller(opened.envelope.issuer, opened.envelope.id, _now())


def _reply(opened: OpenedRequest, message: Message) -> HttpResponse:
    signer = pairing.signer()
    try:
        data = seal_reply(signer, message, to=opened.envelope, now=_now())
    except Malformed as wrong:
        log.error("an answer to %s does not fit its kind: %s", opened.envelope.kind, wrong)
        data = seal_reply(signer, Refusal(RefusalCode.BROKEN), to=opened.envelope, now=_now())
    return HttpResponse(data, content_type=MEDIA_TYPE)


def _file(opened: OpenedRequest, how: Answer, asked: Asked, paper: Paper) -> StreamingHttpResponse:
    assert how.stream is not None
    frames = sent(asked, paper, media_type=how.stream.media_type, signer=pairing.signer(), to=opened.envelope)
    return StreamingHttpResponse(frames, content_type=STREAM_TYPE)


def _other_version() -> HttpResponse:
    response = HttpResponse(
        f"This desk speaks deskwire {VERSION}.\n".encode(), status=426, content_type="text/plain; charset=utf-8"
    )
    response["Deskwire-Versions"] = str(VERSION)
    return response


def _body(request: HttpRequest) -> bytes:
    """Return the body, nothing of one that is too long or was cut off."""
    try:
        length = int(request.headers.get("Content-Length") or 0)
        return request.body if length <= LARGEST else b""
    except (ValueError, RequestDataTooBig, UnreadablePostError):
        return b""


def _now() -> datetime:
    return datetime.now(UTC)

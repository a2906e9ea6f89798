"""A cut body of unknown length is one that no browser takes for whole."""

from __future__ import annotations

import gzip
import os
import zlib

import pytest
from django.urls import reverse

from deskwire.streams import BrokenStream, StreamHead
from portal.web.papers.sealed import sealed
from tests.portal.desk import File

BIG = os.urandom(200_000)


def _cut():
    yield BIG
    raise BrokenStream("cut")


def _unwrapped(data: bytes) -> bytes:
    """Decode as a browser does: what comes first is taken over, an error is an error, an end too soon is none."""
    return zlib.decompressobj(31).decompress(data)


@pytest.mark.parametrize("pieces", [[], [b""], [b"x"], [BIG, b"", BIG[:65_535], BIG[:65_536]]])
def test_sealed_whole_is_gzip(pieces):
    assert gzip.decompress(b"".join(sealed(pieces))) == b"".join(pieces)


def test_sealed_cut_breaks_every_decoder_and_raises():
    came: list[bytes] = []
    with pytest.raises(BrokenStream):
        _collect(sealed(_cut()), came)
    with pytest.raises(zlib.error):
        _unwrapped(b"".join(came))


def _collect(pieces, came):
    for piece in pieces:
        came.append(piece)


@pytest.mark.django_db(transaction=True)
def test_download_of_unknown_size_is_sealed_for_who_takes_gzip(signed_in, his, desk):
    desk.answers["invoices.pdf"] = lambda asked: File(StreamHead("application/pdf", "a.pdf", None), [BIG])
    place = reverse("papers:chosen", args=[his.uid])
    answer = signed_in.post(place, {"do": "pdf", "all": "1"}, headers={"Accept-Encoding": "gzip, br"})
    assert answer["Content-Encoding"] == "gzip"
    assert "Content-Length" not in answer
    assert gzip.decompress(b"".join(answer.streaming_content)) == BIG
    plain = signed_in.post(place, {"do": "pdf", "all": "1"})
    assert "Content-Encoding" not in plain
    assert b"".join(plain.streaming_content) == BIG


@pytest.mark.django_db(transaction=True)
def test_download_that_is_cut_breaks_its_seal(signed_in, his, desk):
    def cut():
        yield BIG
        yield BIG
        raise RuntimeError("the practice disconnected")

    desk.answers["invoices.pdf"] = lambda asked: File(StreamHead("application/pdf", "a.pdf", None), cut())
    place = reverse("papers:chosen", args=[his.uid])
    answer = signed_in.post(place, {"do": "pdf", "all": "1"}, headers={"Accept-Encoding": "gzip"})
    came: list[bytes] = []
    with pytest.raises(BrokenStream):
        _collect(answer.streaming_content, came)
    with pytest.raises(zlib.error):
        _unwrapped(b"".join(came))

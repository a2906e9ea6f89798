"""A file arrives whole as it was sent, or its end never arrives."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskwire.messages import InvoicePaper
from deskwire.streams import CHUNK, AlteredStream, BrokenStream, CutStream, StreamHead, frames, open_stream
from tests.deskwire.people import DESK, NOW, STRANGER, patiently, sealed

ASKED = sealed(InvoicePaper("a1"))
HEAD = StreamHead("application/pdf", "2026-03-05_A-12.pdf", None)


def _sent(chunks, *, head=HEAD, signer=DESK, to=ASKED, at=NOW):
    return list(frames(signer, head, chunks, to=to.envelope, clock=lambda: at))


def _read(pieces, came=None):
    """Return head and content; `came` holds what arrived even if it does not end well."""
    came = bytearray() if came is None else came
    stream = open_stream(pieces, to=ASKED.envelope, key=DESK.public, clock=lambda: NOW)
    for piece in stream:
        came += piece
    return stream.head, bytes(came)


@patiently
@given(st.lists(st.binary(max_size=200), max_size=6), st.integers(1, 400))
def test_open_stream_gives_the_bytes_in_whatever_pieces_they_arrive(chunks, size):
    whole = b"".join(_sent(chunks))
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert _read(pieces) == (HEAD, b"".join(chunks))


def test_open_stream_of_a_long_file_is_cut_into_chunks():
    content = os.urandom(3 * CHUNK + 7)
    sent = _sent([content], head=StreamHead("application/zip", "a.zip", len(content)))
    assert len(sent) == 1 + 4 + 1
    assert _read(sent)[1] == content


def test_open_stream_cut_anywhere_never_gives_its_end():
    whole = b"".join(_sent([b"first", b"second", b"last"]))
    for length in range(len(whole)):
        came = bytearray()
        with pytest.raises(CutStream):
            _read([whole[:length]], came)
        assert b"last" not in came


def test_open_stream_altered_anywhere_never_gives_its_end():
    whole = b"".join(_sent([b"first", b"second", b"last"]))
    for place in range(len(whole)):
        altered = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        came = bytearray()
        with pytest.raises(BrokenStream):
            _read([altered], came)
        assert b"last" not in came


def test_open_stream_with_a_frame_dropped_doubled_or_swapped_is_refused():
    head, first, second, tail = _sent([b"first", b"second"])
    for wrong in ([head, first, tail], [head, first, first, second, tail], [head, second, first, tail]):
        with pytest.raises(AlteredStream):
            _read(wrong)


def test_open_stream_with_more_after_its_end_is_refused():
    with pytest.raises(AlteredStream):
        _read([*_sent([b"x"]), b"more"])
    with pytest.raises(AlteredStream):
        _read([*_sent([b"x"])[:-1], _sent([b"x"])[0]])


def test_open_stream_of_another_side_for_another_request_or_stale_is_refused():
    other = sealed(InvoicePaper("a1"))
    for sent in (_sent([b"x"], signer=STRANGER), _sent([b"x"], to=other), _sent([b"x"], at=NOW - timedelta(hours=1))):
        with pytest.raises(AlteredStream):
            _read(sent)


def test_open_stream_that_begins_with_a_chunk_or_noise_is_refused():
    _head, chunk, tail = _sent([b"x"])
    for wrong in ([chunk, tail], [tail], [b"<html>this is no stream"], [b"C\xff\xff\xff\xff"]):
        with pytest.raises(AlteredStream):
            _read(wrong)
    with pytest.raises(CutStream):
        _read([])


def test_frames_of_another_length_than_promised_end_without_tail():
    with pytest.raises(ValueError, match="promised"):
        _sent([b"abc"], head=StreamHead("text/csv", "a.csv", 4))


def test_frames_of_a_failing_source_end_without_tail():
    def source():
        yield b"first"
        raise RuntimeError("disconnected")

    stream = frames(DESK, HEAD, source(), to=ASKED.envelope, clock=lambda: NOW)
    came = [next(stream), next(stream)]
    with pytest.raises(RuntimeError):
        next(stream)
    with pytest.raises(CutStream):
        _read(came)


def test_frames_say_the_head_before_the_source_is_asked():
    asked = []

    def source():
        asked.append(True)
        yield b"x"

    stream = frames(DESK, HEAD, source(), to=ASKED.envelope, clock=lambda: NOW)
    next(stream)
    assert not asked


def test_frames_of_a_long_download_end_with_a_fresh_tail():
    times = iter([NOW, NOW + timedelta(minutes=20)])
    sent = list(frames(DESK, HEAD, [b"x"], to=ASKED.envelope, clock=lambda: next(times)))
    read = iter([NOW, NOW + timedelta(minutes=20)])
    stream = open_stream(sent, to=ASKED.envelope, key=DESK.public, clock=lambda: next(read))
    assert b"".join(stream) == b"x"

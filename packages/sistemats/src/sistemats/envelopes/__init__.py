"""Requests as they travel: values on the wire, SOAP and MIME around them, and the batch file.

`wire` holds one frozen value per request body, texts exactly as sent. `soap` turns them into HTTP bodies and back.
`sealing` makes them from documents. `batch` writes and reads the XML inside the zip, streaming. `text` writes the
elements that they share; `clear` writes those of a document without a value of the wire in between.
"""

from sistemats.envelopes.archive import MAX_ARCHIVE, pack_one, read_archive, unpack_one
from sistemats.envelopes.batch import BatchFile, read_batch, read_batch_archive, seal_batch, write_batch
from sistemats.envelopes.mime import HttpReply, HttpRequest
from sistemats.envelopes.sealing import Sealing
from sistemats.envelopes.soap import InvalidRequest, build_element, build_request, decode_body, parse_request, read_body
from sistemats.envelopes.wire import (
    CancelRequest,
    ChangeRequest,
    ErrorDetailRequest,
    FlagDetailRequest,
    FlagReportRequest,
    InsertRequest,
    MonthlyReportRequest,
    OutcomeRequest,
    PointQueryRequest,
    ReceiptRequest,
    RefundRequest,
    UploadRequest,
    WireBatchDocument,
    WireDocument,
    WireId,
    WireItem,
    WireOwner,
    WireRequest,
    WrittenRequest,
)

__all__ = [
    "MAX_ARCHIVE",
    "BatchFile",
    "CancelRequest",
    "ChangeRequest",
    "ErrorDetailRequest",
    "FlagDetailRequest",
    "FlagReportRequest",
    "HttpReply",
    "HttpRequest",
    "InsertRequest",
    "InvalidRequest",
    "MonthlyReportRequest",
    "OutcomeRequest",
    "PointQueryRequest",
    "ReceiptRequest",
    "RefundRequest",
    "Sealing",
    "UploadRequest",
    "WireBatchDocument",
    "WireDocument",
    "WireId",
    "WireItem",
    "WireOwner",
    "WireRequest",
    "WrittenRequest",
    "build_element",
    "build_request",
    "decode_body",
    "pack_one",
    "parse_request",
    "read_archive",
    "read_batch",
    "read_batch_archive",
    "read_body",
    "seal_batch",
    "unpack_one",
    "write_batch",
]

"""What the services answer, as frozen values; texts and codes are kept word for word.

`parse_reply` reads what came over HTTP, `build_reply` writes it (for the simulator), `files` opens the archives
inside.
"""

from sistemats.replies.build import build_reply
from sistemats.replies.files import (
    ErrorRow,
    FlagTable,
    ReportRow,
    read_error_archive,
    read_flag_archive,
    read_receipt,
    read_report_archive,
)
from sistemats.replies.parse import UnreadableReply, parse_reply
from sistemats.replies.values import (
    DocumentReply,
    ErrorDetailReply,
    Fault,
    FlagDetailReply,
    FlagDocument,
    FlagItem,
    FlagReportReply,
    ItemTotal,
    Message,
    MonthlyReportReply,
    OutcomeReply,
    PointQueryReply,
    QueriedDocument,
    ReceiptReply,
    Refusal,
    Reply,
    Sending,
    UploadReply,
)

__all__ = [
    "DocumentReply",
    "ErrorDetailReply",
    "ErrorRow",
    "Fault",
    "FlagDetailReply",
    "FlagDocument",
    "FlagItem",
    "FlagReportReply",
    "FlagTable",
    "ItemTotal",
    "Message",
    "MonthlyReportReply",
    "OutcomeReply",
    "PointQueryReply",
    "QueriedDocument",
    "ReceiptReply",
    "Refusal",
    "Reply",
    "ReportRow",
    "Sending",
    "UnreadableReply",
    "UploadReply",
    "build_reply",
    "parse_reply",
    "read_error_archive",
    "read_flag_archive",
    "read_receipt",
    "read_report_archive",
]

"""Our own schemas of the requests and of the batch file: facts as tables, checked by libxml2.

`validate_request` and `validate_batch_document` say what breaks, by path and rule, and never quote a value.
"""

from sistemats.schemas.check import (
    SchemaProblem,
    validate_batch,
    validate_batch_document,
    validate_batch_owner,
    validate_request,
)
from sistemats.schemas.generate import batch_xsd, request_xsd

__all__ = [
    "SchemaProblem",
    "batch_xsd",
    "request_xsd",
    "validate_batch",
    "validate_batch_document",
    "validate_batch_owner",
    "validate_request",
]

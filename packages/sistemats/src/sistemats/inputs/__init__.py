"""Reading documents from files: one JSON, JSON lines, CSV, an existing 730 XML or its zip."""

from sistemats.inputs.files import InputFile, json_schema, open_input
from sistemats.inputs.jsonform import (
    document_to_json,
    id_to_json,
    read_document,
    read_document_id,
    read_entry,
    read_sender,
)

__all__ = [
    "InputFile",
    "document_to_json",
    "id_to_json",
    "json_schema",
    "open_input",
    "read_document",
    "read_document_id",
    "read_entry",
    "read_sender",
]

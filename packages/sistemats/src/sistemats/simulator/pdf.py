"""A receipt as a real PDF, written by hand: one page of text in Helvetica, nothing fetched, nothing drawn.

Source of the file structure: PDF 1.4. What the service's own receipt looks like is not published.
"""

from __future__ import annotations

from collections.abc import Sequence

PAGE_WIDTH, PAGE_HEIGHT, MARGIN, LEADING = 595, 842, 56, 18
_ESCAPES = str.maketrans({"\\": r"\\", "(": r"\(", ")": r"\)"})


def _show(text: str, size: int, font: str) -> str:
    return f"/{font} {size} Tf ({text.translate(_ESCAPES)}) Tj T*"


def text_pdf(title: str, lines: Sequence[str]) -> bytes:
    """Return a one-page PDF with a title and lines of text; characters outside Latin-1 become question marks."""
    shown = [_show(title, 14, "F2"), "T*", *(_show(line, 11, "F1") for line in lines)]
    content = f"BT {MARGIN} {PAGE_HEIGHT - MARGIN} Td {LEADING} TL " + "\n".join(shown) + " ET"
    stream = content.encode("latin-1", "replace")
    page = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE_WIDTH} {PAGE_HEIGHT}] /Contents 6 0 R"
        " /Resources << /Font << /F1 4 0 R /F2 5 0 R >> >> >>"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (it-IT) /ViewerPreferences << /DisplayDocTitle true >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page.encode("ascii"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Title (" + title.translate(_ESCAPES).encode("latin-1", "replace") + b") >>",
    ]
    return _assemble(objects)


def _assemble(objects: Sequence[bytes]) -> bytes:
    """Number the objects and write the table that finds them."""
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start, size = len(out), len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, size - 1, start)
    return bytes(out)

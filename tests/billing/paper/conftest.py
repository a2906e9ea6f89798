"""One renderer for all tests of the paper, and eyes to read what it made."""

import io
from collections.abc import Callable

import pypdf
import pytest
from PIL import Image

from sportello.billing.paper import sheet
from sportello.billing.paper.content import Content
from sportello.billing.paper.render import Renderer

PIXELS_PER_INCH = 96


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture(scope="session")
def read(renderer: Renderer) -> Callable[[Content], str]:
    """Return the text of a document's PDF, page by page."""

    def text_of(content: Content, logo: bytes | None = None) -> str:
        reader = pypdf.PdfReader(io.BytesIO(renderer.render(content, logo)))
        return "\n".join(page.extract_text() for page in reader.pages)

    return text_of


@pytest.fixture(scope="session")
def look(renderer: Renderer) -> Callable[[Content], Image.Image]:
    """Return the first page as a grey picture, set by the same engine from the same template."""

    def picture_of(content: Content) -> Image.Image:
        data = sheet.to_json(sheet.build(content, None))
        pages = renderer._engine.compile(format="png", ppi=PIXELS_PER_INCH, sys_inputs={"data": data, "single": "no"})
        first = pages[0] if isinstance(pages, list) else pages
        assert isinstance(first, bytes)
        return Image.open(io.BytesIO(first)).convert("L")

    return picture_of

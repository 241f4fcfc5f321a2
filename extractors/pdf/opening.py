"""Opening what a portal sent as a PDF: what the bytes are, whether they are whole, and whether they are safe to read.

Promise: by the bytes and never by the name; every refusal is one finding that says what was seen; nothing that was cut off is
passed as whole; a file made to exhaust the reader is refused before it is read. A hang is for the caller's deadline.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from pydantic import BaseModel, ConfigDict, PositiveInt

from extractors.pdf.repair import BeyondRepairError, PdfObject, check_whole, has_page, is_complete, iterate_objects, repair_pdf
from extractors.pdf.streams import UnreadableStreamError, unpack_stream
from warehouse.archive import detect_file_kind
from warehouse.issues import make_finding
from warehouse.records import Row

HEADER = b"%PDF-"
PDFIUM_HEADER_REACH = 1024  # pdfium looks for the header so far into the file
SEEN_LENGTH = 80
FORM_DEPTH = 4
PICTURE = re.compile(rb"/Subtype\s*/Image\b")
PageKind = Literal["text", "scan", "blank"]
FILE_KINDS = {
    "image": "a picture",
    "workbook": "a workbook",
    "word": "a Word document",
    "archive": "an archive of files",
    "unknown": "bytes of no known kind",
}


class OpeningLimits(BaseModel):
    """What is still believed to be a disclosure. Points are 1/72 inch; 14,400 is the largest page that Acrobat knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: PositiveInt = 200_000_000
    max_pages: PositiveInt = 5_000
    max_points: PositiveInt = 14_400
    max_objects: PositiveInt = 2_000_000
    max_stream_bytes: PositiveInt = 100_000_000
    max_page_objects: PositiveInt = 1_000_000
    max_page_characters: PositiveInt = 300_000


DEFAULT_LIMITS = OpeningLimits()


@dataclass(slots=True)
class OpenedPdf:
    """A PDF that can be read; close it, or use it in a `with`. `repaired` holds the bytes where the file had to be mended."""

    path: Path
    document: pdfium.PdfDocument
    repaired: bytes | None = None
    findings: tuple[Row, ...] = field(default=())

    @property
    def page_count(self) -> int:
        """Pages, as pdfium counts them."""
        return len(self.document)

    def write_usable(self, folder: Path) -> Path:
        """A path that other readers can open: the file itself, or a mended or unlocked copy written into `folder`."""
        if self.repaired is None and pdfium_c.FPDF_GetSecurityHandlerRevision(self.document.raw) < 0:
            return self.path
        if self.repaired is None:
            # Opens without a password, and forbids copying: readers that obey the flag would see nothing.
            free = folder / f"{self.path.stem}.free.pdf"
            self.document.save(free, flags=pdfium_c.FPDF_REMOVE_SECURITY)
            return free
        mended = folder / f"{self.path.stem}.mended.pdf"
        mended.write_bytes(self.repaired)
        return mended

    def close(self) -> None:
        """Release pdfium's handle."""
        self.document.close()

    def __enter__(self) -> "OpenedPdf":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class _RefusedError(Exception):
    """Carries the finding that refuses the file."""

    def __init__(self, finding: Row) -> None:
        super().__init__(finding["message"])
        self.finding = finding


def check_file(path: Path, limits: OpeningLimits = DEFAULT_LIMITS) -> tuple[Row, ...]:
    """Everything that is to be said about the file before its tables are read; empty: nothing. Looks at every page.

    Raises OSError where the file itself cannot be read.
    """
    opened = open_pdf(path, limits)
    if not isinstance(opened, OpenedPdf):
        return opened
    with opened:
        try:
            kinds = _look_at_pages(opened.document, limits)
        except _RefusedError as refused:
            return (*opened.findings, refused.finding)
        return (*opened.findings, *report_scans(kinds))


def open_pdf(path: Path, limits: OpeningLimits = DEFAULT_LIMITS) -> OpenedPdf | tuple[Row, ...]:
    """The open document, or the finding that says why not. Pages are measured and not looked at.

    Raises OSError where the file itself cannot be read.
    """
    try:
        return _open(path, limits)
    except _RefusedError as refused:
        return (refused.finding,)


def _open(path: Path, limits: OpeningLimits) -> OpenedPdf:
    _check_limit("bytes", path.stat().st_size, limits.max_bytes)
    content = path.read_bytes()
    _check_kind(content)
    # What stands before the header is not part of the document; pdfium looks only so far.
    start = content.find(HEADER)
    mended = content[start:] if start >= PDFIUM_HEADER_REACH else None
    _check_streams(content, limits)
    damage = _find_damage(content)
    opened = _load(path, mended)
    if opened is None and damage is None:
        opened, damage = _load_repaired(path, mended or content)
    if opened is None or damage:
        if opened:
            opened.close()
        raise _RefusedError(make_finding("damaged-pdf", reason=damage or "its index of objects is lost"))
    try:
        _check_measures(opened.document, limits)
    except _RefusedError:
        opened.close()
        raise
    return opened


def _check_kind(content: bytes) -> None:
    kind = detect_file_kind(content)
    if kind == "empty":
        raise _RefusedError(make_finding("empty-file"))
    if not content.strip(b"\x00 \t\r\n"):
        raise _RefusedError(make_finding("not-a-pdf", seen=f"{len(content):,} bytes that are all blank"))
    if kind == "pdf" or (kind == "unknown" and HEADER in content):
        return
    raise _RefusedError(make_finding("not-a-pdf", seen=_describe_html(content) if kind == "html" else FILE_KINDS[kind]))


def _describe_html(content: bytes) -> str:
    """An HTML page by its title, or by what it does to the visitor."""
    text = _decode(content)
    visible = re.sub(r"<(script|style)\b.*?(</\1>|$)|<[^>]*>", "", text, flags=re.DOTALL | re.IGNORECASE).strip()
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.DOTALL | re.IGNORECASE)
    if re.search(r"<meta[^>]+http-equiv=[\"']?refresh", text, re.IGNORECASE) and not visible:
        return "an HTML page that only sends the visitor on"
    if "<script" in text.lower() and not visible:
        return "an HTML page that is only a script: a challenge page"
    if title and (name := " ".join(html.unescape(title[1]).split())):
        return f"an HTML page titled {name[:SEEN_LENGTH]}"
    return "an HTML page without a title"


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def _check_limit(what: str, seen: float, limit: int) -> None:
    if seen > limit:
        raise _RefusedError(make_finding("too-large", what=what, seen=f"{seen:,.0f}", limit=f"{limit:,}"))


def _check_streams(content: bytes, limits: OpeningLimits) -> None:
    """Counts the objects and inflates, up to the limit, what pdfium would inflate to look at a page: not the pictures."""
    for count, item in enumerate(iterate_objects(content), start=1):
        _check_limit("objects", count, limits.max_objects)
        if item.stream and not PICTURE.search(item.body):
            _check_limit("bytes in one stream", _measure_inflated(item, limits.max_stream_bytes), limits.max_stream_bytes)


def _measure_inflated(item: PdfObject, limit: int) -> int:
    """Bytes of a stream when unpacked, counted to just over the limit; what cannot be unpacked here counts 0."""
    try:
        return len(unpack_stream(item.body, item.stream or b"", limit))
    except UnreadableStreamError:
        return 0


def _find_damage(content: bytes) -> str | None:
    """Why a file without a proper end is not whole; None for a whole one."""
    if is_complete(content):
        return None
    try:
        check_whole(content)
    except BeyondRepairError as error:
        return str(error)
    return None


def _load(path: Path, mended: bytes | None) -> OpenedPdf | None:
    """The document as pdfium opens it, or None where it cannot; a password or an unknown cipher refuses at once."""
    try:
        return OpenedPdf(path, pdfium.PdfDocument(path if mended is None else mended), mended)
    except pdfium.PdfiumError as error:
        if error.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
            raise _RefusedError(make_finding("encrypted-pdf")) from error
        return None


def _load_repaired(path: Path, content: bytes) -> tuple[OpenedPdf | None, str | None]:
    try:
        if is_complete(content) and not has_page(content):  # pdfium calls such a file damaged
            raise _RefusedError(make_finding("no-pages"))
        opened = _load(path, repair_pdf(content))
    except BeyondRepairError as error:
        return None, str(error)
    if opened:
        opened.findings = (make_finding("repaired-pdf"),)
    return opened, None


def _check_measures(document: pdfium.PdfDocument, limits: OpeningLimits) -> None:
    """Page count and sizes, from the page dictionaries alone: nothing is drawn or parsed."""
    total = len(document)
    if total == 0:
        raise _RefusedError(make_finding("no-pages"))
    _check_limit("pages", total, limits.max_pages)
    for index in range(total):
        try:
            width, height = document.get_page_size(index)
        except pdfium.PdfiumError as error:
            reason = f"page {index + 1} of {total} is missing"
            raise _RefusedError(make_finding("damaged-pdf", page=index + 1, reason=reason)) from error
        _check_limit(f"points on page {index + 1}", max(width, height), limits.max_points)


def _look_at_pages(document: pdfium.PdfDocument, limits: OpeningLimits) -> tuple[PageKind, ...]:
    """What each page is. Raises _RefusedError for a page over the limits or one that cannot be loaded."""
    return tuple(_look_at_page(document, number, limits) for number in range(1, len(document) + 1))


def _look_at_page(document: pdfium.PdfDocument, number: int, limits: OpeningLimits) -> PageKind:
    try:
        page = document[number - 1]
    except pdfium.PdfiumError as error:
        raise _RefusedError(make_finding("damaged-pdf", page=number, reason=f"page {number} cannot be loaded")) from error
    try:
        _check_limit(f"objects on page {number}", pdfium_c.FPDFPage_CountObjects(page.raw), limits.max_page_objects)
        textpage = page.get_textpage()
        characters = textpage.count_chars()
        textpage.close()
        _check_limit(f"characters on page {number}", characters, limits.max_page_characters)
        if characters:
            return "text"
        return "scan" if _has_image(page) else "blank"
    finally:
        page.close()


def _has_image(page: pdfium.PdfPage) -> bool:
    # Also inside form objects: some scanners wrap the picture in one.
    return any(True for _ in page.get_objects(filter=(pdfium_c.FPDF_PAGEOBJ_IMAGE,), max_depth=FORM_DEPTH))


def report_scans(kinds: Sequence[PageKind]) -> tuple[Row, ...]:
    """`scanned` for a document with pictures and no text at all, else one finding a page that is a picture."""
    scanned = [page for page, kind in enumerate(kinds, start=1) if kind == "scan"]
    if scanned and "text" not in kinds:
        return (make_finding("scanned", pages=len(scanned), total=len(kinds)),)
    return tuple(make_finding("scanned-page", page=page) for page in scanned)

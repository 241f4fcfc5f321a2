"""Is a PDF whole, and if only its index is lost, can it be indexed again.

Promise: a file that was cut off is never passed as whole: it is repaired only if its last object is finished and every object
that is named is there. Nothing of the content is changed; compressed objects are written out again at the end, with a trailer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from extractors.pdf.streams import UnreadableStreamError, unpack_stream

OBJECT_START = re.compile(rb"(?<![0-9])(\d{1,10})\s+(\d{1,5})\s+obj\b")
BODY_END = re.compile(rb"endobj\b|\bstream\r?\n|(?<![0-9])\d{1,10}\s+\d{1,5}\s+obj\b")
REFERENCE = re.compile(rb"(?<![0-9])(\d{1,10})\s+\d{1,5}\s+R\b")
LENGTH = re.compile(rb"/Length\s+(\d+)(?!\s+\d+\s+R)")
CATALOG = re.compile(rb"/Type\s*/Catalog\b")
PAGE = re.compile(rb"/Type\s*/Page(?!\w)")
CIPHER = re.compile(rb"/Filter\s*/Standard\b")
END_OF_FILE = b"%%EOF"
MAX_INFLATED = 100_000_000  # bytes of one stream of compressed objects
_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class PdfObject:
    """One object of the file: `body` is what stands before its stream; `stream` is None where it has none."""

    number: int
    body: bytes
    stream: bytes | None
    is_finished: bool


class BeyondRepairError(ValueError):
    """The file lacks more than its index; the message says what."""


def is_complete(content: bytes) -> bool:
    """Whether the file ends as a PDF ends: an end mark with no object after it."""
    end = content.rfind(END_OF_FILE)
    return end >= 0 and not OBJECT_START.search(content, end)


def iterate_objects(content: bytes) -> Iterator[PdfObject]:
    """The objects in the order of the file, found by their marks alone; streams are passed over, not searched."""
    position = 0
    while start := OBJECT_START.search(content, position):
        end = BODY_END.search(content, start.end())
        body = content[start.end() : end.start() if end else len(content)]
        number = int(start[1])
        if end is None or end[0][:1].isdigit():
            position = end.start() if end else len(content)
            yield PdfObject(number, body, None, is_finished=False)
        elif end[0].startswith(b"endobj"):
            position = end.end()
            yield PdfObject(number, body, None, is_finished=True)
        else:
            stop = _find_stream_end(content, end.end(), body)
            position = stop if stop >= 0 else len(content)
            yield PdfObject(number, body, content[end.end() : position], is_finished=stop >= 0)


def _find_stream_end(content: bytes, start: int, body: bytes) -> int:
    length = LENGTH.search(body)
    stop = start + int(length[1]) if length else 0
    if length and content[stop : stop + 16].lstrip().startswith(b"endstream"):
        return stop
    return content.find(b"endstream", start)


def check_whole(content: bytes) -> None:
    """Raises BeyondRepairError where an object is unfinished or one that is named is missing."""
    objects = _read_all(content)
    _check_objects(objects)


def repair_pdf(content: bytes) -> bytes:
    """The file with a new index. Raises BeyondRepairError where more than the index is missing."""
    objects = _read_all(content)
    _check_objects(objects)
    if any(CIPHER.search(item.body) for item in objects):
        raise BeyondRepairError("its index is lost, and with it the key to its encryption")
    root = next((item.number for item in reversed(objects) if CATALOG.search(item.body)), None)
    if root is None:
        raise BeyondRepairError("it has no catalogue of pages")
    packed = [item for item in objects if item.stream is None and not item.is_finished]
    unpacked = b"".join(b"\n%d 0 obj\n%b\nendobj" % (item.number, item.body) for item in packed)
    size = max(item.number for item in objects) + 1
    return content + unpacked + b"\ntrailer\n<< /Root %d 0 R /Size %d >>\nstartxref\n0\n%%%%EOF\n" % (root, size)


def has_page(content: bytes) -> bool:
    """Whether any object says that it is a page. Raises BeyondRepairError where an object is unfinished."""
    return any(PAGE.search(item.body) for item in _read_all(content))


def _read_all(content: bytes) -> list[PdfObject]:
    """Objects of the file and those packed in object streams; packed ones have neither stream nor an end of their own."""
    loose = list(iterate_objects(content))
    if not loose:
        raise BeyondRepairError("it holds no object")
    if unfinished := next((item for item in loose if not item.is_finished), None):
        raise BeyondRepairError(f"it is cut off in object {unfinished.number}")
    return [*loose, *(inner for item in loose for inner in _unpack_objects(item))]


def _unpack_objects(item: PdfObject) -> Iterator[PdfObject]:
    if item.stream is None or b"/ObjStm" not in item.body:
        return
    first = re.search(rb"/First\s+(\d+)", item.body)
    try:
        plain = unpack_stream(item.body, item.stream, MAX_INFLATED)
    except UnreadableStreamError as error:
        raise BeyondRepairError(f"object stream {item.number} cannot be unpacked: {error}") from error
    if not first:
        raise BeyondRepairError(f"object stream {item.number} does not say where it begins")
    words = plain[: int(first[1])].split()
    # `isdigit` of bytes: ASCII digits only, so `int` reads each; a number of endless digits is none.
    if len(words) % 2 or not all(word.isdigit() and len(word) <= _MAX_DIGITS for word in words):
        raise BeyondRepairError(f"the directory of object stream {item.number} is damaged")
    pairs = [int(word) for word in words]
    starts = [int(first[1]) + offset for offset in pairs[1::2]]
    for number, start, end in zip(pairs[::2], starts, [*starts[1:], len(plain)], strict=True):
        yield PdfObject(number, plain[start:end], None, is_finished=False)


def _check_objects(objects: list[PdfObject]) -> None:
    present = {item.number for item in objects}
    for item in objects:
        for named in REFERENCE.finditer(item.body):
            if int(named[1]) not in present:
                raise BeyondRepairError(f"it is cut off: object {int(named[1])} is named and missing")

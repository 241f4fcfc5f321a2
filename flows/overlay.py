"""The pictures of `yusuan show --overlay`: one document's pages with what the warehouse holds drawn over them."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from extractors.pdf.opening import OpenedPdf, open_pdf
from extractors.pdf.overlay import boxes_from_rows, draw_overlays
from flows.errors import UsageError, YusuanError
from warehouse.archive import Archive, DamagedFileError, NotArchivedError
from warehouse.records import Row


class NothingToDrawError(UsageError):
    """The document has no tables, or its file cannot be opened: there is no picture of what was read."""


class FileMissingError(YusuanError):
    """The warehouse knows the document, and its archive does not have the file."""


def draw_document(archive: Archive, disclosure: Row, rows: Mapping[str, Sequence[Row]], folder: Path) -> list[Path]:
    """Pictures of the pages with tables, in page order. `rows`: the document's rows of the tables that `boxes_from_rows` names.

    Raises NothingToDrawError, FileMissingError, and UsageError where `folder` is a file.
    """
    name = disclosure["title"] or disclosure["document_id"]
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; --overlay needs a folder")
    boxes = boxes_from_rows(rows)
    if not boxes:
        raise NothingToDrawError(f"no table was found in {name}: there is nothing to draw")
    try:
        with archive.lend(disclosure["sha256"]) as path, tempfile.TemporaryDirectory(prefix="yusuan-") as scratch:
            return draw_overlays(_find_usable(path, Path(scratch)), boxes, folder)
    except NotArchivedError as error:
        raise FileMissingError(f"{error}; run `yusuan process` on the file again") from error
    except DamagedFileError as error:
        raise FileMissingError(str(error)) from error


def _find_usable(path: Path, scratch: Path) -> Path:
    """The archived file, or a mended copy where its index was lost: the one that was read."""
    opened = open_pdf(path)
    if not isinstance(opened, OpenedPdf):
        raise NothingToDrawError(f"the file cannot be opened: {opened[0]['message']}")
    with opened:
        return opened.write_usable(scratch)

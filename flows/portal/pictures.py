"""Pictures of pages: made once, by the build or by the first reader that asks for one.

Promise: a document's bytes never change, so a picture never does; it is put in place whole, whoever else makes the same one.
Bytes come from the archive proved; a document that cannot be drawn has no pictures, and says so.
"""

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from extractors.pdf.opening import OpenedPdf, open_pdf
from extractors.pdf.pictures import draw_pages
from transforms.portal.addresses import address_picture
from warehouse.archive import Archive, ArchiveError

# pdfium is not made for several threads of a process.
_PDFIUM = threading.Lock()


class NoPictureError(LookupError):
    """The page cannot be shown: the archive does not have the file, or it cannot be opened, or has no such page."""


class Pictures:
    """The pictures of a portal folder, drawn from an archive.

    `find_sha256`: the archive's name of a document, None for an unknown one.
    """

    def __init__(self, root: Path, archive: Archive, find_sha256: Callable[[str], str | None]) -> None:
        self._root = root
        self._archive = archive
        self._find_sha256 = find_sha256

    def path_of(self, document_id: str, page: int) -> Path:
        """Where a picture stands, or would."""
        return self._root / address_picture(document_id, page)

    def draw_missing(self, document_id: str, pages: Sequence[int]) -> int:
        """Draw those of a document's pages that are not there yet; how many. Raises NoPictureError."""
        missing = [page for page in pages if not self.path_of(document_id, page).is_file()]
        if not missing:
            return 0
        with _PDFIUM, self._lend(document_id) as path:
            try:
                for page, picture in draw_pages(path, missing):
                    _put(self.path_of(document_id, page), picture)
            except ValueError as error:
                raise NoPictureError(str(error)) from error
        return len(missing)

    @contextmanager
    def _lend(self, document_id: str) -> Iterator[Path]:
        """The file that was read: as archived, or mended or unlocked."""
        sha256 = self._find_sha256(document_id)
        if sha256 is None:
            raise NoPictureError(f"no document {document_id}")
        try:
            with self._archive.lend(sha256) as path, tempfile.TemporaryDirectory(prefix="yusuan-") as scratch:
                opened = open_pdf(path)
                if not isinstance(opened, OpenedPdf):
                    raise NoPictureError(f"{document_id} cannot be opened: {opened[0]['message']}")
                with opened:
                    usable = opened.write_usable(Path(scratch))
                yield usable
        except ArchiveError as error:
            raise NoPictureError(str(error)) from error


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as scratch:
        scratch.write(content)
    Path(scratch.name).chmod(0o644)
    Path(scratch.name).replace(path)

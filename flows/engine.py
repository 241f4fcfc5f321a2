"""The version of the code that reads and normalises: what decides whether a document must be read again.

Promise: it changes with any change of that code or of its data, and with nothing else: no number to bump, so none to forget.
Declared corrections change the version of their own documents only, so that a new one has one document read again, not all.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from transforms.corrections import digest_corrections, select_corrections

# What turns bytes into rows. Reports, views, releases and the crawl may change without a document being read again.
_PARTS = (
    ("extractors", "pdf"),
    ("transforms", ""),
    ("warehouse", "metadata/codes"),
    ("warehouse", "metadata/resources"),
    ("warehouse", "metadata/fields.yml"),
    ("warehouse", "findings.yml"),
    ("warehouse", "codes.py"),
    ("flows", "process.py"),
)
# Data of single documents: part of the version of these (`get_document_version`), not of all.
_OF_ONE_DOCUMENT = "transforms/corrections/"
_CORRECTED = ".corrected."
_SUFFIXES = {".py", ".yml", ".csv"}


@cache
def get_engine_version() -> str:
    """The package's version and a digest of the reading code: `0.1.0+3f9c2a1b`."""
    digest = hashlib.sha256()
    for name, path in sorted(_list_files()):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    # camelot and pdfium decide what a cell says, too.
    for package in ("camelot-py", "pypdfium2"):
        digest.update(f"{package} {version(package)}".encode())
    return f"{version('yusuan')}+{digest.hexdigest()[:8]}"


def get_document_version(engine_version: str, document_id: str) -> str:
    """The version under which a document is read: the engine's, and a digest of its corrections where it has any."""
    digest = digest_corrections(select_corrections(document_id))
    return f"{engine_version}{_CORRECTED}{digest}" if digest else engine_version


def drop_corrections(document_version: str) -> str:
    """The engine's version in a document's."""
    return document_version.split(_CORRECTED, 1)[0]


def _list_files() -> Iterator[tuple[str, Path]]:
    for package, inside in _PARTS:
        root = Path(str(files(package)))
        start = root / inside
        found = start.rglob("*") if start.is_dir() else [start]
        for path in found:
            name = f"{package}/{path.relative_to(root).as_posix()}"
            if path.suffix in _SUFFIXES and path.is_file() and not name.startswith(_OF_ONE_DOCUMENT):
                yield name, path

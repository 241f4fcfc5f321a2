"""Where releases are published: a folder, or an address that a web server answers for; in it `latest` and a folder a version.

Promise: a file that arrives is the one that `release.json` describes, by size and SHA-256, or it is an error; nothing is asked of
the server but GET of plain files.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import httpx
from pydantic import ValidationError

from warehouse.published import FILE_NAME, Manifest, PublishedFile

_TIMEOUT_SECONDS = 60.0


class SourceError(RuntimeError):
    """The publisher's side does not answer as it should; trying again later may help."""


class NotPublishedError(SourceError):
    """What was asked for is not there, or no longer."""


class ReleaseSource(Protocol):
    """Somewhere with releases. `fetch` raises NotPublishedError for what is not there, SourceError for what comes in part."""

    name: str

    def fetch(self, path: str, target: Path) -> None:
        """Write the file at a path below the place of releases into `target`."""


class FolderSource:
    """Releases in a folder of this machine, or on one that is mounted."""

    def __init__(self, root: Path) -> None:
        self.name = str(root)
        self._root = root

    def fetch(self, path: str, target: Path) -> None:
        """Copy one file."""
        try:
            shutil.copyfile(self._root / path, target)
        except FileNotFoundError as error:
            raise NotPublishedError(f"there is no {path} in {self.name}") from error


class WebSource:
    """Releases behind a web server."""

    def __init__(self, address: str, client: httpx.Client) -> None:
        self.name = address
        self._address = address.rstrip("/")
        self._client = client

    def fetch(self, path: str, target: Path) -> None:
        """Download one file."""
        try:
            with self._client.stream("GET", f"{self._address}/{path}") as answer:
                if answer.status_code in {404, 410}:
                    raise NotPublishedError(f"there is no {path} at {self.name}")
                if answer.status_code != 200:
                    raise SourceError(f"{self.name} answers {answer.status_code} for {path}")
                with target.open("wb") as file:
                    for part in answer.iter_bytes():
                        file.write(part)
        except httpx.HTTPError as error:
            raise SourceError(f"{path} did not arrive from {self.name}: {error or type(error).__name__}") from error


@contextmanager
def open_source(address: str) -> Iterator[ReleaseSource]:
    """The source that an address means: `https://…`, `http://…`, or a folder."""
    if not address.startswith(("http://", "https://")):
        yield FolderSource(Path(address))
        return
    # Of a file that the server compresses on its way the sum would be another one before it is unpacked: httpx unpacks.
    with httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=True, transport=httpx.HTTPTransport(retries=2)) as client:
        yield WebSource(address, client)


def fetch_manifest(source: ReleaseSource, version: str, aside: Path) -> Manifest:
    """The description of a release; `version` may be `latest`. Raises SourceError."""
    target = aside / f"{version}.json"
    source.fetch(f"{version}/{FILE_NAME}", target)
    try:
        return Manifest.model_validate_json(target.read_bytes())
    except ValidationError as error:
        raise SourceError(
            f"{version}/{FILE_NAME} of {source.name} is no description of a release that this version knows"
        ) from error
    finally:
        target.unlink()


def fetch_file(source: ReleaseSource, version: str, file: PublishedFile, root: Path) -> None:
    """A file of a release, at its path below `root`. Raises SourceError where it is not what the description says."""
    target = root / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    source.fetch(f"{version}/{file.path}", target)
    with target.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    if digest != file.sha256:
        size = target.stat().st_size
        raise SourceError(
            f"{version}/{file.path} of {source.name} is not what its release says: {size:,} of {file.bytes:,} bytes, another sum"
        )

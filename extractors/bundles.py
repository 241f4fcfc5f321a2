"""Bundles: the zip, rar, 7z and tar files in which publishers pack one document a unit.

Promise: `open_bundle` yields the files inside, one after the other, and a `BundleTrouble` for what kept it from one of them or
from all; it never raises for what a publisher packed. Nothing is ever written under a name of the bundle, so no name can lead out
of anywhere. What comes out is counted while it comes, all levels of nesting together: a bomb costs its limit and no more.
"""

import io
import lzma
import re
import stat
import struct
import tarfile
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from pydantic import BaseModel, ConfigDict

from extractors.bundle_tools import ToolError, find_tool, read_with_tool
from transforms.plain_text import drop_steering
from warehouse.archive import detect_file_kind

_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1
_UNICODE_PATH_FIELD = 0x7075
_CHUNK = 1 << 16
# What operating systems and programs leave beside the documents.
_LITTER = re.compile(r"(^|/)(__MACOSX(/|$)|\.[^/]*$|Thumbs\.db$|desktop\.ini$|~\$[^/]*$)", re.IGNORECASE)
_MAX_NAME = 300
_UNPACKING_ERRORS = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, OverflowError, EOFError, OSError
)  # fmt: skip


class BundleLimits(BaseModel):
    """What one bundle may cost, nested ones included. `max_ratio`: bytes out for each byte in, where more than `free_bytes`
    come out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_members: int = 2000
    max_member_bytes: int = 200 << 20
    max_bytes: int = 1 << 30
    max_ratio: int = 100
    free_bytes: int = 20 << 20
    max_depth: int = 3
    seconds: float = 300


@dataclass(frozen=True, slots=True)
class BundleMember:
    """A file inside: its path as the publisher named it (nested bundles as folders), and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class BundleTrouble:
    """Why something did not come out. `kind` is a finding's; `name` is empty where all the rest of the bundle is meant."""

    kind: str
    reason: str
    name: str = ""


class _OverLimitError(Exception):
    """More came out than may; the message says what."""


class _MemberError(Exception):
    """One member cannot be had; the others may."""


@dataclass
class _Budget:
    """What is left for the whole bundle, whatever its nesting."""

    limits: BundleLimits
    size: int
    started: float = field(default_factory=time.monotonic)
    n_members: int = 0
    n_bytes: int = 0

    def count_member(self) -> None:
        self.n_members += 1
        if self.n_members > self.limits.max_members:
            raise _OverLimitError(f"more than {self.limits.max_members} files")

    def count_bytes(self, number: int) -> None:
        self.n_bytes += number
        allowed = min(self.limits.max_bytes, max(self.limits.free_bytes, self.limits.max_ratio * self.size))
        if self.n_bytes > allowed:
            raise _OverLimitError(f"more than {allowed:,} bytes out of {self.size:,}")
        if time.monotonic() - self.started > self.limits.seconds:
            raise _OverLimitError(f"more than {self.limits.seconds:g} seconds")

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.limits.seconds - (time.monotonic() - self.started))


def open_bundle(content: bytes, limits: BundleLimits | None = None) -> Iterator[BundleMember | BundleTrouble]:
    """The files of a bundle in its own order. Nested bundles are opened to `max_depth`; deeper ones come out as they are."""
    budget = _Budget(limits or BundleLimits(), len(content))
    times: Counter[str] = Counter()
    try:
        for item in _open(content, "", 1, budget):
            times[item.name] += 1
            if isinstance(item, BundleMember) and times[item.name] > 1:
                # Two files of one name are two files.
                stem, dot, ending = item.name.rpartition(".")
                yield BundleMember(
                    f"{stem or item.name} ({times[item.name]}){dot if stem else ''}{ending if stem else ''}", item.content
                )
            else:
                yield item
    except _OverLimitError as error:
        yield BundleTrouble("bundle-too-large", str(error))


def _open(content: bytes, prefix: str, depth: int, budget: _Budget) -> Iterator[BundleMember | BundleTrouble]:
    """One level. Raises _OverLimitError, which ends all levels."""
    for item in _list_members(content, budget):
        if isinstance(item, BundleTrouble):
            name = f"{prefix}{item.name}".rstrip("/")
            yield BundleTrouble(item.kind, item.reason, name)
            continue
        name = prefix + item.name
        if _LITTER.search(name):
            continue
        if depth < budget.limits.max_depth and detect_file_kind(item.content) == "archive":
            yield from _open(item.content, f"{name}/", depth + 1, budget)
        else:
            yield BundleMember(name, item.content)


def _list_members(content: bytes, budget: _Budget) -> Iterator[BundleMember | BundleTrouble]:
    if content.startswith(b"PK"):
        return _list_zip(content, budget)
    if content.startswith(b"\x1f\x8b"):
        return _list_tar(content, budget)
    return _list_with_tool(content, budget)


def _list_zip(content: bytes, budget: _Budget) -> Iterator[BundleMember | BundleTrouble]:
    try:
        bundle = zipfile.ZipFile(io.BytesIO(content))
        entries = [entry for entry in bundle.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, struct.error, OverflowError, ValueError, OSError) as error:
        yield BundleTrouble("bundle-damaged", str(error) or "it cannot be read")
        return
    with bundle:
        for entry in entries:
            budget.count_member()
            name = _clean_name(_decode_name(entry))
            try:
                yield BundleMember(name, _read_entry(bundle, entry, budget))
            except _MemberError as error:
                yield BundleTrouble("bundle-member-unreadable", str(error), name)


def _read_entry(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget) -> bytes:
    """The bytes of one file. Raises _MemberError."""
    if entry.flag_bits & _ENCRYPTED_FLAG:
        raise _MemberError("it asks for a password")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _MemberError("it is a link, not a file")
    try:
        with bundle.open(entry) as file:
            return _read_bounded(file, budget)
    except NotImplementedError as error:
        raise _MemberError(f"packed in a way that is not known ({error})") from error
    except (*_UNPACKING_ERRORS, ValueError, RuntimeError) as error:
        raise _MemberError(f"damaged ({str(error) or type(error).__name__})") from error


def _read_bounded(file: IO[bytes], budget: _Budget) -> bytes:
    """All of a file, counted while it comes; what the bundle declares is not believed."""
    chunks: list[bytes] = []
    size = 0
    while chunk := file.read(_CHUNK):
        size += len(chunk)
        budget.count_bytes(len(chunk))
        if size > budget.limits.max_member_bytes:
            raise _MemberError(f"larger than {budget.limits.max_member_bytes:,} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _decode_name(entry: zipfile.ZipInfo) -> str:
    """The name: UTF-8 where the entry says or shows so, else GB 18030, which Chinese programs write without saying so."""
    if entry.flag_bits & _UTF8_FLAG:
        return entry.filename
    told = _read_unicode_path(entry.extra)
    if told:
        return told
    # zipfile has read the bytes as code page 437, which loses none of them.
    raw = entry.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("gb18030", errors="replace")


def _read_unicode_path(extra: bytes) -> str:
    """Info-ZIP's field with the name in UTF-8, or nothing."""
    position = 0
    while position + 4 <= len(extra):
        tag, size = (
            int.from_bytes(extra[position : position + 2], "little"),
            int.from_bytes(extra[position + 2 : position + 4], "little"),
        )
        if tag == _UNICODE_PATH_FIELD and size > 5:
            return extra[position + 9 : position + 4 + size].decode("utf-8", errors="ignore")
        position += 4 + size
    return ""


def _list_tar(content: bytes, budget: _Budget) -> Iterator[BundleMember | BundleTrouble]:
    """A tar packed with gzip; a gzip of something else comes out as one file without a name."""
    try:
        yield from _read_tar(io.BytesIO(content), budget, mode="r|gz")
    except (*_UNPACKING_ERRORS, ValueError) as error:
        yield BundleTrouble("bundle-damaged", str(error) or type(error).__name__)


def _read_tar(stream: IO[bytes], budget: _Budget, mode: str) -> Iterator[BundleMember | BundleTrouble]:
    """Members of a tar as it streams by. Raises what tarfile raises."""
    with tarfile.open(fileobj=stream, mode=mode, errorlevel=0) as tar:  # type: ignore[call-overload]  # the mode is a literal of ours
        for entry in tar:
            if entry.isdir():
                continue
            budget.count_member()
            name = _clean_name(entry.name)
            file = tar.extractfile(entry) if entry.isreg() else None
            if file is None:
                yield BundleTrouble("bundle-member-unreadable", "it is a link or a device, not a file", name)
                continue
            try:
                yield BundleMember(name, _read_bounded(file, budget))
            except _MemberError as error:
                yield BundleTrouble("bundle-member-unreadable", str(error), name)


def _list_with_tool(content: bytes, budget: _Budget) -> Iterator[BundleMember | BundleTrouble]:
    """rar and 7z, through a program of this machine where there is one."""
    what = "rar" if content.startswith(b"Rar!") else "7z"
    tool = find_tool(what)
    if tool is None:
        yield BundleTrouble("bundle-tool-missing", f"no program that opens {what} is installed (bsdtar, 7zz, 7z)")
        return
    n_before = budget.n_members
    try:
        with read_with_tool(tool, content, budget.seconds_left) as files:
            for name, file in files:
                budget.count_member()
                try:
                    yield BundleMember(_clean_name(name), _read_bounded(file, budget))
                except _MemberError as error:
                    yield BundleTrouble("bundle-member-unreadable", str(error), _clean_name(name))
    except (ToolError, tarfile.TarError, EOFError, OSError) as error:
        read = f" after {budget.n_members - n_before} files" if budget.n_members > n_before else ""
        yield BundleTrouble("bundle-damaged", f"{str(error) or type(error).__name__}{read}")
        return
    if budget.n_members == n_before:
        yield BundleTrouble("bundle-damaged", "no file came out of it")


def _clean_name(name: str) -> str:
    """The path as a plain relative one: it is only ever shown and made part of an address, never opened."""
    parts = re.sub(r"^[A-Za-z]:", "", name.replace("\\", "/")).split("/")
    kept = [part.strip() for part in parts if part.strip() not in ("", ".", "..")]
    # Bytes that are no text in any encoding tried would make no address.
    text = "/".join(kept).encode("utf-8", errors="replace").decode("utf-8")
    plain = drop_steering(re.sub(r"[\t\n]", "", text))
    return plain[-_MAX_NAME:] or "without a name"

"""Programs of this machine that open what Python cannot: rar and 7z.

Promise: the program runs as a child without input, with a deadline and a bound on its memory, and writes to our pipe only: no
file of a bundle ever reaches the disk by its hand. How it fails is told in its own last words.
"""

import contextlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

_MEMORY_KB = 2 << 20
_LAST_WORDS = 200


class ToolError(Exception):
    """The program failed; the message is its own last line, or how it ended."""


@dataclass(frozen=True, slots=True)
class BundleTool:
    """A program by its path. `bsdtar` turns a whole bundle into a tar; `seven` lists, then gives one file at a time."""

    path: str
    manner: Literal["bsdtar", "seven"]


def find_tool(what: str) -> BundleTool | None:
    """The best program here for `rar` or `7z`, or None. 7-Zip of Debian cannot read rar."""
    bsdtar = shutil.which("bsdtar")
    if bsdtar:
        return BundleTool(bsdtar, "bsdtar")
    for name in ("7zz", "7z", "7za"):
        path = shutil.which(name)
        if path and (what == "7z" or _knows_rar(path)):
            return BundleTool(path, "seven")
    return None


def _knows_rar(path: str) -> bool:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        told = subprocess.run([path, "i"], capture_output=True, timeout=20, check=False).stdout  # noqa: S603  # found by shutil.which
        return re.search(rb"\bRar5?\b", told) is not None
    return False


@contextlib.contextmanager
def read_with_tool(tool: BundleTool, content: bytes, seconds: float) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Names and streams of the files inside, each to be read before the next. Raises ToolError, tarfile.TarError."""
    with tempfile.NamedTemporaryFile(prefix="yusuan-bundle-") as file:
        file.write(content)
        file.flush()
        read = _read_as_tar if tool.manner == "bsdtar" else _read_one_by_one
        with contextlib.closing(read(tool.path, Path(file.name), seconds)) as files:
            yield files


def _read_as_tar(program: str, bundle: Path, seconds: float) -> Generator[tuple[str, IO[bytes]], None, None]:
    with (
        _run([program, "--format=pax", "-cf", "-", f"@{bundle}"], seconds) as output,
        tarfile.open(fileobj=output, mode="r|") as tar,
    ):
        for entry in tar:
            stream = tar.extractfile(entry) if entry.isreg() else None
            if stream is not None:
                yield entry.name, stream


def _read_one_by_one(program: str, bundle: Path, seconds: float) -> Generator[tuple[str, IO[bytes]], None, None]:
    with _run([program, "l", "-slt", "-ba", "-p", str(bundle)], seconds) as output:
        listing = output.read().decode("utf-8", errors="replace")
    for block in listing.split("\n\n"):
        facts = dict(line.partition(" = ")[::2] for line in block.splitlines() if " = " in line)
        name = facts.get("Path", "")
        if not name or facts.get("Attributes", "").startswith("D") or facts.get("Folder") == "+":
            continue
        with _run([program, "x", "-so", "-spd", "-p", str(bundle), "--", name], seconds) as stream:
            yield name, stream


@contextlib.contextmanager
def _run(command: list[str], seconds: float) -> Iterator[IO[bytes]]:
    """The child's output. Raises ToolError on leaving, where the child failed or was out of time."""
    # A shell of one line sets the memory bound: preexec_fn is not safe in a process with threads.
    bounded = ["/bin/sh", "-c", f'ulimit -v {_MEMORY_KB}; exec "$0" "$@"', *command]
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(  # noqa: S603  # programs found by shutil.which, a path of ours, names after `--`
            bounded,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        )
        timer = threading.Timer(seconds, child.kill)
        timer.start()
        try:
            yield cast(IO[bytes], child.stdout)
            _require_success(child, log, timer, seconds)
        except (tarfile.TarError, EOFError):
            # A tar that breaks off: why, the program says.
            _require_success(child, log, timer, seconds)
            raise
        finally:
            timer.cancel()
            child.kill()
            child.wait()
            cast(IO[bytes], child.stdout).close()


def _require_success(child: subprocess.Popen[bytes], log: IO[bytes], timer: threading.Timer, seconds: float) -> None:
    """Raises ToolError where the child failed, or left something out."""
    code, said = child.wait(), _read_last_words(log)
    # bsdtar leaves files out with a warning and ends with 0: whatever it says is trouble.
    if code != 0 or said:
        is_over = not timer.is_alive()
        raise ToolError(f"stopped after {seconds:g} seconds" if is_over else said or f"exit code {code}")


def _read_last_words(log: IO[bytes]) -> str:
    log.seek(0)
    lines = [line.strip() for line in log.read().decode("utf-8", errors="replace").splitlines() if line.strip()]
    return re.sub(r"\S*yusuan-bundle-\S*", "the file", lines[-1])[:_LAST_WORDS] if lines else ""

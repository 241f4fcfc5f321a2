"""A wrong clock for a process: libfaketime, told by a file that may change while the process runs.

Promise: only the clock of the day is wrong; the monotonic clock goes on as on a machine whose clock is set anew.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path


def _find_libraries() -> Iterator[Path]:
    return chain.from_iterable(Path(root).glob("**/faketime/libfaketimeMT.so.1") for root in ("/usr/lib", "/usr/local/lib"))


FAKETIME = next(_find_libraries(), None)  # None where libfaketime is not installed


def pretend_time(file: Path, offset: str) -> dict[str, str]:
    """The variables of a process whose clock is off by what the file says: `+400d`, `-400d`, `+0`."""
    set_clock(file, offset)
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_clock(file: Path, offset: str) -> None:
    """From now on the clock of whoever reads the file is off by so much."""
    scratch = file.with_name(f".{file.name}.new")
    scratch.write_text(f"{offset}\n", encoding="ascii")
    scratch.replace(file)  # read at any moment: never half

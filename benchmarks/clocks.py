"""A wrong clock for a process and its children: libfaketime, told by a file that may change while they run.

Promise: only the clock of the day is wrong; the monotonic clock goes on as on a machine whose clock is set anew.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

# libfaketime 0.9.10 refuses every `time.sleep` of Python where the monotonic clock is left alone (clock_nanosleep, EINVAL):
# there it waits by another call of the system. Python runs a module of this name when it starts.
_SITE = """
import select
import time

time.sleep = lambda seconds: select.select((), (), (), seconds) and None
"""


def _find_libraries() -> Iterator[Path]:
    return chain.from_iterable(Path(root).glob("**/faketime/libfaketimeMT.so.1") for root in ("/usr/lib", "/usr/local/lib"))


FAKETIME = next(_find_libraries(), None)  # None where libfaketime is not installed


def pretend_time(folder: Path, offset: str) -> dict[str, str]:
    """The variables of a process whose clock is off by `+400d`, `-400d`, `+0`; the folder is made and belongs to it alone."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_SITE, encoding="ascii")
    set_clock(folder, offset)
    return {
        "PYTHONPATH": str(folder),
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(folder / "offset"),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_clock(folder: Path, offset: str) -> None:
    """From now on the clock of whoever reads the folder's file is off by so much."""
    scratch = folder / "offset.new"
    scratch.write_text(f"{offset}\n", encoding="ascii")
    scratch.replace(folder / "offset")  # read at any moment: never half

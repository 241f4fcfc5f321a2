"""Readers that misbehave for real: they hang, crash, eat memory, raise. Named by `module:function` in test_workers.py."""

import ctypes
import os
import signal
import subprocess
import sys
import time

from warehouse.records import ProcessedDocument


def count_one(_path):
    return 1


def count_by_name(path):
    return int(path.stem)


def read_well(path, sighting):
    return ProcessedDocument(
        sighting.document_id, f"{sighting.document_id}-1", "loaded", {"pid": [{"pid": os.getpid(), "name": path.name}]}
    )


def read_by_name(path, sighting):
    """hang.pdf hangs, crash.pdf crashes, …; anything else is read well."""
    act = {"hang": hang, "native": hang_in_native_code, "crash": crash, "eat": eat_memory, "raise": raise_error, "exit": leave}
    if path.stem == "open":
        raise ValueError(f"cannot open {path}")
    act.get(path.stem, lambda: None)()
    return read_well(path, sighting)


def hang():
    while True:
        time.sleep(1)


def hang_in_native_code():
    ctypes.CDLL(None).pause()


def crash():
    ctypes.string_at(0)


def leave():
    print("giving up for a reason", file=sys.stderr, flush=True)
    os._exit(9)


def eat_memory():
    held = []
    while True:
        held.append(bytearray(64 << 20))


def raise_error():
    raise ValueError("a defect in the reader")


def be_killed_once(path, sighting):
    marker = path.with_suffix(".killed")
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return read_well(path, sighting)


def start_grandchild_and_hang(path, _sighting):
    process = subprocess.Popen(["sleep", "300"])
    path.with_suffix(".pid").write_text(str(process.pid))
    hang()


def imported_modules(_path, sighting):
    return ProcessedDocument(sighting.document_id, "x", "loaded", {"modules": [{"name": name} for name in sys.modules]})

import subprocess
import sys

import pytest

from flows.lock import WarehouseBusyError, hold_warehouse

HOLD_AND_DIE = """
import os, sys, pathlib
from flows.lock import hold_warehouse
with hold_warehouse(pathlib.Path(sys.argv[1])):
    os.kill(os.getpid(), 9)
"""


def test_second_run_is_refused_with_the_process_of_the_first(tmp_path):
    with hold_warehouse(tmp_path):
        other = subprocess.run(
            [sys.executable, "-c", HOLD_AND_DIE, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
        )
    assert "WarehouseBusyError: another run (process " in other.stderr


def test_lock_of_a_killed_run_is_free(tmp_path):
    assert subprocess.run([sys.executable, "-c", HOLD_AND_DIE, str(tmp_path)], check=False, timeout=60).returncode == -9
    with hold_warehouse(tmp_path):
        pass


def test_same_process_cannot_hold_it_twice(tmp_path):
    with hold_warehouse(tmp_path), pytest.raises(WarehouseBusyError), hold_warehouse(tmp_path):
        pass

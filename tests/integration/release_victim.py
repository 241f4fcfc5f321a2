"""A process that builds a release and kills itself on the way: `release_victim.py WAREHOUSE RELEASES FUNCTION`.

The kill comes when that function of `warehouse.release` is called.
"""

import os
import signal
import sys
from pathlib import Path

import warehouse.release
from flows.publish import publish_release
from warehouse.store import Warehouse


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    setattr(warehouse.release, sys.argv[3], die)
    publish_release(Warehouse.open(sys.argv[1]), Path(sys.argv[2]), keep=5)

"""A process that commits three documents and kills itself on the way: `store_victim.py WAREHOUSE MODULE CLASS.METHOD CALLS`.

The kill comes when the method is called once more than CALLS times after the documents were staged.
"""

import importlib
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from made_rows import make_document

from warehouse.store import Warehouse


def commit_and_die(folder: str, module: str, function: str, calls: int) -> None:
    warehouse = Warehouse.open(folder)
    documents = [make_document(name) for name in "甲乙丙"]
    for document in documents:
        warehouse.stage(document)
    die_in(module, function, calls)
    warehouse.commit([document.processing_id for document in documents], run_id="run", reason="new")


def die_in(module: str, function: str, calls: int) -> None:
    owner_name, method = function.split(".")
    owner = getattr(importlib.import_module(module), owner_name)
    original, seen = getattr(owner, method), []

    def die_or_go_on(*arguments: object) -> object:
        if len(seen) == calls:
            os.kill(os.getpid(), signal.SIGKILL)
        seen.append(arguments)
        return original(*arguments)

    setattr(owner, method, die_or_go_on)


if __name__ == "__main__":
    commit_and_die(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))

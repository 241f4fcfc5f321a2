"""A process that stages and commits a batch again and again, until it is killed: `python store_writer.py WAREHOUSE ATTEMPT`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from made_rows import make_document, make_line

from warehouse.store import Warehouse

NAMES = "甲乙丙"


def write_attempts(folder: str, first: int) -> None:
    warehouse = Warehouse.open(folder)
    for attempt in range(first, first + 100):
        documents = [
            # Every row of an attempt bears its number, so a mixture of two attempts shows.
            make_document(
                name,
                attempt=attempt,
                lines=[make_line(name, line, f"{attempt}.00") for line in range(1, 30)],
                disclosure={"page_count": attempt},
            )
            for name in NAMES
        ]
        for document in documents:
            warehouse.stage(document)
        warehouse.commit([document.processing_id for document in documents], run_id=str(attempt), reason="engine")
        print(attempt, flush=True)


if __name__ == "__main__":
    write_attempts(sys.argv[1], int(sys.argv[2]))

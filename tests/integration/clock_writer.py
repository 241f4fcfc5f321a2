"""A process that files and stages a version of one document: `clock_writer.py FOLDER VERSION [commit]`.

With `commit` it also commits what is staged and builds the release. Prints the day that its clock tells.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from made_rows import make_document

from flows.publish import publish_release
from warehouse.archive import Archive, ResponseRecord
from warehouse.store import Warehouse


def write(folder: Path, version: int, *, commits: bool) -> None:
    now = datetime.now(UTC)
    Archive(folder / "archive").put(
        f"%PDF-1.4 {version}".encode(), ResponseRecord(url="http://portal/甲", seen_at=now.isoformat())
    )
    warehouse = Warehouse.open(folder / "warehouse")
    document = make_document("甲", attempt=version, disclosure={"page_count": version})
    warehouse.stage(document)
    if commits:
        warehouse.commit([one.processing_id for one in warehouse.staged()], run_id=str(version), reason="new")
        publish_release(warehouse, folder / "releases", keep=5)
    print(now.date().isoformat())


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), commits=sys.argv[3:] == ["commit"])

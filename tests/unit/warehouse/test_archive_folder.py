"""What only a folder can do: places on the disk, a torn line, two processes on one file."""

import multiprocessing
from pathlib import Path

import pytest

from warehouse.archive import Archive, DamagedFileError, ResponseRecord

URL = "http://portal.example/P01.pdf"
FIRST = "2026-03-01T00:00:00+00:00"
SECOND = "2026-03-02T00:00:00+00:00"


def record(seen_at: str = FIRST, url: str = URL, **values) -> ResponseRecord:
    return ResponseRecord(url=url, seen_at=seen_at, source_id="demo", http_status=200, **values)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def test_bytes_stand_under_their_hash(archive):
    filed = archive.put(b"%PDF-1.4 a", record())
    path = archive.path_of(filed.sha256)
    assert path.read_bytes() == b"%PDF-1.4 a"
    assert path.relative_to(archive.place).parts[:2] == (filed.sha256[:2], filed.sha256[2:4])


def test_a_line_torn_by_a_crash_costs_only_itself(archive):
    archive.put(b"%PDF-1.4 a", record())
    journal = archive.place / "responses.jsonl"
    journal.write_bytes(journal.read_bytes() + b'{"url": "http://portal.example/to')
    reopened = Archive(archive.place)
    reopened.put(b"%PDF-1.4 b", record(SECOND, url="http://portal.example/P02.pdf"))
    assert len(Archive(archive.place).sightings()) == 2
    assert reopened.sightings() == Archive(archive.place).sightings()


def _put_many(root: str, worker: int) -> None:
    archive = Archive(Path(root))
    for number in range(10):
        archive.put(f"%PDF-1.4 {worker} {number}".encode(), record(url=f"http://portal.example/{worker}/{number}.pdf"))


def test_two_processes_write_without_losing_a_line(archive):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_put_many, args=(str(archive.place), number)) for number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(archive.sightings()) == 20


def test_bytes_that_changed_are_not_read(archive):
    filed = archive.put(b"%PDF-1.4 a", record())
    path = archive.path_of(filed.sha256)
    path.chmod(0o644)
    path.write_bytes(b"%PDF-1.4 A")
    with pytest.raises(DamagedFileError, match="archive verify"):
        archive.read(filed.sha256)


def test_a_file_cut_short_is_written_again(archive):
    filed = archive.put(b"%PDF-1.4 a", record())
    path = archive.path_of(filed.sha256)
    path.chmod(0o644)
    path.write_bytes(b"%PDF")
    archive.put(b"%PDF-1.4 a", record(SECOND))
    assert archive.read(filed.sha256) == b"%PDF-1.4 a"

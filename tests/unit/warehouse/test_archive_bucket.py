"""What only a bucket must show: whole objects, segments of the journal, trouble told in words and without keys."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from flows.cli import app
from warehouse import archive_bucket
from warehouse.archive import Archive, ResponseRecord
from warehouse.object_storage import ObjectPlace, StorageError, open_filesystem
from warehouse.verification import verify_archive

SEEN_AT = "2026-03-01T00:00:00+00:00"


@pytest.fixture
def place(s3_place, tmp_path) -> ObjectPlace:
    return replace(s3_place, prefix=tmp_path.name.replace("_", "-"))


def put(archive: Archive, number: int, role: str = "document", content: str = ""):
    address = f"http://portal.example/{number}.pdf"
    return archive.put(f"%PDF-1.4 {number}{content}".encode(), ResponseRecord(url=address, seen_at=SEEN_AT, role=role))


def list_segments(place: ObjectPlace) -> list[str]:
    return sorted(open_filesystem(place.storage).find(place.path, prefix="responses"))


def test_a_journal_grows_in_one_segment_until_it_is_large(place, monkeypatch):
    monkeypatch.setattr(archive_bucket, "_SEGMENT_BYTES", 2000)
    archive = Archive(place)
    for number in range(9):
        put(archive, number)
    segments = list_segments(place)
    assert 1 < len(segments) < 9
    assert [json.loads(line)["url"] for line in archive.read_lines()] == [f"http://portal.example/{n}.pdf" for n in range(9)]
    assert Archive(place).sightings() == archive.sightings()


def test_a_document_is_in_the_journal_when_put_returns_and_a_page_after_flush(place):
    archive = Archive(place)
    put(archive, 1)
    put(archive, 2, role="page")
    put(archive, 3, role="page")
    assert len(list(Archive(place).read_lines())) == 1
    archive.flush()
    assert len(list(Archive(place).read_lines())) == 3


def test_pages_are_known_to_their_writer_before_they_are_written(place):
    archive = Archive(place)
    put(archive, 2, role="page")
    assert archive.previous("http://portal.example/2.pdf") is not None


def test_a_folder_copied_into_the_bucket_is_gone_on_with(place, tmp_path):
    folder = Archive(tmp_path / "archive")
    put(folder, 1)
    put(folder, 2)
    open_filesystem(place.storage).put(str(folder.place), place.path, recursive=True)
    moved = Archive(place)
    assert moved.sightings() == folder.sightings()
    changed = put(moved, 1, content="changed")
    assert (verify_archive(moved).n_files, verify_archive(moved).is_sound) == (3, True)
    assert [row["superseded_by"] for row in Archive(place).sightings()] == [changed.document_id, None, None]


def test_verify_tells_lost_and_changed_objects(place, monkeypatch):
    archive = Archive(place)
    lost, changed = put(archive, 1), put(archive, 2)
    system = open_filesystem(place.storage)
    system.rm_file(f"{place.path}/{lost.sha256[:2]}/{lost.sha256[2:4]}/{lost.sha256}")
    system.pipe_file(f"{place.path}/{changed.sha256[:2]}/{changed.sha256[2:4]}/{changed.sha256}", b"other")
    monkeypatch.setenv("YUSUAN_ARCHIVE", place.url)
    monkeypatch.setenv("YUSUAN_S3_ENDPOINT", place.storage.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test-secret")
    result = CliRunner().invoke(app, ["archive", "verify", "--json"], catch_exceptions=False)
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [file["sha256"] for file in told["missing"]] == [lost.sha256]
    assert [file["sha256"] for file in told["changed"]] == [changed.sha256]


def test_a_large_file_is_one_request_and_leaves_no_parts(place):
    archive = Archive(place)
    filed = archive.put(bytes(101 << 20), ResponseRecord(url="http://portal.example/large", seen_at=SEEN_AT))
    client = open_filesystem(place.storage)
    info = client.info(f"{place.path}/{filed.sha256[:2]}/{filed.sha256[2:4]}/{filed.sha256}")
    assert info["size"] == 101 << 20
    assert "-" not in info["ETag"], "the mark of an upload in parts"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"bucket": "not-there"}, "not-there"), ({"storage": "http://127.0.0.1:9"}, "127.0.0.1:9")],
)
def test_trouble_is_told_with_the_place_and_without_keys(place, wrong, told):
    if "storage" in wrong:
        wrong = {"storage": replace(place.storage, endpoint=wrong["storage"])}
    with pytest.raises(StorageError, match=told) as error:
        Archive(replace(place, **wrong)).put(b"%PDF-1.4", ResponseRecord(url="http://portal.example/", seen_at=SEEN_AT))
    assert "test-secret" not in str(error.value)
    assert place.bucket in str(error.value) or "not-there" in str(error.value)

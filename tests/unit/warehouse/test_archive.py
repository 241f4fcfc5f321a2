"""The archive keeps bytes whole and knows what is new, changed and unchanged: in a folder and on a real S3 server alike."""

import io
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from warehouse.archive import Archive, NotArchivedError, ResponseRecord, detect_file_kind
from warehouse.object_storage import open_filesystem

URL = "http://portal.example/P01.pdf"
FIRST = "2026-03-01T00:00:00+00:00"
SECOND = "2026-03-02T00:00:00+00:00"
THIRD = "2026-03-03T00:00:00+00:00"
AHEAD = "2027-04-05T00:00:00+00:00"


def record(seen_at: str = FIRST, url: str = URL, **values) -> ResponseRecord:
    return ResponseRecord(url=url, seen_at=seen_at, source_id="demo", http_status=200, **values)


@pytest.fixture(params=["folder", "bucket"])
def archive(request, tmp_path: Path) -> Archive:
    if request.param == "folder":
        return Archive(tmp_path / "archive")
    bucket = request.getfixturevalue("s3_place")
    return Archive(replace(bucket, prefix=tmp_path.name.replace("_", "-")))


def lose(archive: Archive, sha256: str) -> None:
    if isinstance(archive.place, Path):
        archive.path_of(sha256).unlink()
    else:
        open_filesystem(archive.place.storage).rm_file(f"{archive.place.path}/{sha256[:2]}/{sha256[2:4]}/{sha256}")


def journal_text(archive: Archive) -> str:
    return b"\n".join(archive.read_lines()).decode()


def test_nothing_is_made_by_looking(archive):
    assert (archive.exists(), archive.sightings(), archive.previous(URL)) == (False, [], None)
    assert list(archive.list_names()) == []
    assert not (isinstance(archive.place, Path) and archive.place.exists())


def test_bytes_come_back_as_they_were_put(archive):
    filed = archive.put(b"%PDF-1.4 a", record())
    assert archive.read(filed.sha256) == b"%PDF-1.4 a"
    with archive.lend(filed.sha256) as path:
        assert path.read_bytes() == b"%PDF-1.4 a"
    assert filed.document_id == filed.sha256[:16]
    assert (filed.is_new, filed.is_unchanged, filed.supersedes) == (True, False, None)
    assert list(archive.list_names()) == [f"{filed.sha256[:2]}/{filed.sha256[2:4]}/{filed.sha256}"]


def test_bytes_that_are_gone_are_told(archive):
    filed = archive.put(b"%PDF-1.4 a", record())
    lose(archive, filed.sha256)
    with pytest.raises(NotArchivedError, match=filed.sha256), archive.lend(filed.sha256):
        pass


def test_another_process_opens_the_same_archive(archive):
    filed = archive.put(b"%PDF-1.4 a", record())
    other = pickle.loads(pickle.dumps(archive))  # noqa: S301  # our own bytes
    assert other.sightings() == archive.sightings()
    assert other.read(filed.sha256) == b"%PDF-1.4 a"


def test_two_writers_know_of_each_other(archive):
    mine, theirs = Archive(archive.place), Archive(archive.place)
    first = mine.put(b"%PDF-1.4 a", record())
    second = theirs.put(b"%PDF-1.4 b", record(SECOND))
    assert second.supersedes == first.sha256
    third = mine.put(b"%PDF-1.4 c", record(THIRD, url="http://portal.example/P02.pdf"))
    assert {row["document_id"] for row in theirs.sightings()} == {filed.document_id for filed in (first, second, third)}
    assert Archive(archive.place).sightings() == mine.sightings() == theirs.sightings()


def test_the_same_bytes_under_the_same_address_are_unchanged(archive):
    archive.put(b"%PDF-1.4 a", record())
    again = archive.put(b"%PDF-1.4 a", record(SECOND))
    assert (again.is_new, again.is_unchanged, again.supersedes) == (False, True, None)
    (row,) = archive.sightings()
    assert (row["fetched_at"].isoformat(), row["seen_at"].isoformat()) == (FIRST, SECOND)


def test_new_bytes_under_an_old_address_supersede(archive):
    old = archive.put(b"%PDF-1.4 a", record())
    new = archive.put(b"%PDF-1.4 b", record(SECOND))
    assert new.supersedes == old.sha256
    superseded = {row["document_id"]: row["superseded_by"] for row in archive.sightings()}
    assert superseded == {old.document_id: new.document_id, new.document_id: None}


def test_a_publisher_who_goes_back_to_the_old_file_supersedes_the_new_one(archive):
    old = archive.put(b"%PDF-1.4 a", record())
    new = archive.put(b"%PDF-1.4 b", record(SECOND))
    back = archive.put(b"%PDF-1.4 a", record(THIRD))
    assert (back.is_new, back.supersedes) == (False, new.sha256)
    superseded = {row["document_id"]: row["superseded_by"] for row in archive.sightings()}
    assert superseded == {old.document_id: None, new.document_id: old.document_id}


def test_what_followed_what_is_not_told_by_a_clock_that_was_ahead(archive):
    old = archive.put(b"%PDF-1.4 a", record(AHEAD))
    new = archive.put(b"%PDF-1.4 b", record(SECOND))
    superseded = {row["document_id"]: row["superseded_by"] for row in archive.sightings()}
    assert superseded == {old.document_id: new.document_id, new.document_id: None}
    assert Archive(archive.place).sightings() == archive.sightings()


def test_the_newest_sighting_is_not_told_by_a_clock_that_was_ahead(archive):
    filed = archive.put(b"%PDF-1.4 a", record(AHEAD, title="旧"))
    archive.put(b"%PDF-1.4 a", record(SECOND, url="http://other.example/a.pdf", title="新"))
    sighting = archive.sighting_of(filed.sha256)
    assert sighting is not None
    assert sighting.title == "新"


def test_one_document_under_two_addresses_is_two_sightings(archive):
    first = archive.put(b"%PDF-1.4 a", record())
    second = archive.put(b"%PDF-1.4 a", record(url="http://other.example/a.pdf"))
    assert second.document_id == first.document_id
    assert (second.is_new, second.is_unchanged) == (False, False)
    assert len(archive.sightings()) == 2


def test_two_links_that_redirect_to_one_address_are_one_row(archive):
    archive.put(b"%PDF-1.4 a", record(url="http://a.example/1", final_url=URL))
    archive.put(b"%PDF-1.4 a", record(SECOND, url="http://a.example/2", final_url=URL))
    (row,) = archive.sightings()
    assert (row["url"], row["fetched_at"].isoformat()) == (URL, FIRST)


def test_a_token_in_the_address_is_no_part_of_its_identity(archive):
    old = archive.put(b"%PDF-1.4 a", record(url=URL + "?t=1", key=URL))
    new = archive.put(b"%PDF-1.4 b", record(SECOND, url=URL + "?t=2", key=URL))
    assert new.supersedes == old.sha256


def test_previous_gives_what_a_conditional_request_needs(archive):
    filed = archive.put(b"%PDF-1.4 a", record(etag='"1"', last_modified="Mon, 02 Mar 2026 00:00:00 GMT"))
    previous = archive.previous(URL)
    assert previous is not None
    assert (previous.sha256, previous.etag) == (filed.sha256, '"1"')
    assert archive.previous("http://portal.example/unknown.pdf") is None


def test_previous_forgets_an_address_whose_bytes_were_lost(archive):
    filed = archive.put(b"%PDF-1.4 a", record(etag='"1"'))
    lose(archive, filed.sha256)
    assert archive.previous(URL) is None, "a 304 would leave the archive without the bytes"


def test_a_304_keeps_the_version_and_moves_its_last_sight(archive):
    filed = archive.put(b"%PDF-1.4 a", record(etag='"1"'))
    confirmed = archive.confirm(record(SECOND))
    assert (confirmed.sha256, confirmed.is_unchanged) == (filed.sha256, True)
    assert archive.previous(URL).etag == '"1"'
    assert archive.sightings()[0]["seen_at"].isoformat() == SECOND


def test_a_304_for_an_unknown_address_is_an_error(archive):
    with pytest.raises(NotArchivedError):
        archive.confirm(record())


def test_pages_are_kept_but_are_no_documents(archive):
    archive.put(b"<html></html>", record(role="page"))
    assert archive.sightings() == []
    assert archive.previous(URL) is not None


def test_a_failure_leaves_a_line_and_no_document(archive):
    archive.record_failure(record(error="http-error"))
    assert archive.sightings() == []
    assert '"error": "http-error"' in journal_text(archive)


def test_the_archive_is_the_same_when_opened_again(archive):
    archive.put(b"%PDF-1.4 a", record())
    archive.put(b"%PDF-1.4 b", record(SECOND))
    assert Archive(archive.place).sightings() == archive.sightings()


def test_a_file_named_on_the_command_line_carries_no_folder(archive, tmp_path):
    path = tmp_path / "2026_某局.pdf"
    path.write_bytes(b"%PDF-1.4 local")
    filed = archive.add_local(path)
    (row,) = archive.sightings()
    assert (row["url"], row["source_id"], row["title"]) == ("2026_某局.pdf", "local", "2026_某局")
    assert str(tmp_path) not in journal_text(archive)
    assert archive.add_local(path).is_unchanged
    assert archive.sighting_of(filed.sha256).url == "2026_某局.pdf"


def test_two_local_files_of_one_name_do_not_supersede_each_other(archive, tmp_path):
    for folder, content in (("a", b"%PDF-1.4 a"), ("b", b"%PDF-1.4 b")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "budget.pdf").write_bytes(content)
        archive.add_local(tmp_path / folder / "budget.pdf")
    assert [row["superseded_by"] for row in archive.sightings()] == [None, None]


def test_what_a_portal_knows_goes_before_a_file_name(archive, tmp_path):
    path = tmp_path / "x.pdf"
    path.write_bytes(b"%PDF-1.4 a")
    filed = archive.put(b"%PDF-1.4 a", record(title="某局2026年部门预算"))
    archive.add_local(path)
    assert archive.sighting_of(filed.sha256).title == "某局2026年部门预算"


def make_zip(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        for name in names:
            bundle.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (b"%PDF-1.7\n", "pdf"),
        (b"\xef\xbb\xbf\r\n\r\n%PDF-1.4", "pdf"),
        (b"<!DOCTYPE html><html>", "html"),
        (b"\r\n  <meta http-equiv=Refresh content='0; url=./x/'>", "html"),
        (b"<html>%PDF-1.4 is what this page is about", "html"),
        (b"\xff\xd8\xff\xe0", "image"),
        (b"Rar!\x1a\x07\x00", "archive"),
        (make_zip("budget.pdf"), "archive"),
        (make_zip("word/document.xml"), "word"),
        (make_zip("xl/workbook.xml"), "workbook"),
        (b"PK\x03\x04 cut off", "archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "word"),
        (b"plain words", "unknown"),
    ],
)
def test_kind_is_told_by_magic_bytes(content, kind):
    assert detect_file_kind(content) == kind

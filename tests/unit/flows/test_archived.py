"""Questions about where documents were seen are answered from the archive's journal."""

import duckdb
import pytest

from flows.archived import list_sightings, register_archive, tell_origin
from warehouse.archive import Archive, ResponseRecord

MARCH = "2026-03-01T00:00:00+00:00"


@pytest.fixture
def archive(tmp_path):
    made = Archive(tmp_path / "archive")
    bundle = made.put(b"PK\x03\x04 bundle", ResponseRecord(url="http://portal.example/P.zip", seen_at=MARCH, source_id="demo"))
    inside = ResponseRecord(
        url="http://portal.example/P.zip#a.pdf",
        seen_at=MARCH,
        source_id="demo",
        container_sha256=bundle.sha256,
        container_key=bundle.url,
    )
    made.put(b"%PDF-1.4 packed", inside)
    made.put(b"%PDF-1.4 gone", ResponseRecord(url="http://portal.example/gone.pdf", seen_at=MARCH, source_id="demo"))
    made.record_withdrawal("http://portal.example/gone.pdf", "2026-04-01T00:00:00+00:00")
    return made


def test_sightings_can_be_asked_in_sql(archive):
    with duckdb.connect() as connection:
        register_archive(connection, archive.place)
        rows = connection.sql("SELECT url FROM archive_documents WHERE withdrawn_at IS NOT NULL").fetchall()
    assert rows == [("http://portal.example/gone.pdf",)]


def test_without_an_archive_the_table_is_empty_and_nothing_is_made(tmp_path):
    with duckdb.connect() as connection:
        register_archive(connection, tmp_path / "none")
        assert connection.sql("SELECT count(*) FROM archive_documents").fetchall() == [(0,)]
    assert not (tmp_path / "none").exists()


def test_what_a_person_should_know_of_an_origin_is_told(archive):
    told = {row["url"]: list(tell_origin(archive.place, row["document_id"])) for row in list_sightings(archive.place)}
    assert told == {
        "http://portal.example/P.zip": [],
        "http://portal.example/P.zip#a.pdf": ["packed in http://portal.example/P.zip"],
        "http://portal.example/gone.pdf": [
            "no longer published at http://portal.example/gone.pdf, found so on 2026-04-01; these rows stay"
        ],
    }

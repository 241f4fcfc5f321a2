"""Hashing the archive again tells what is missing, what is changed, and what nobody names."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from warehouse.archive import Archive, ResponseRecord
from warehouse.verification import verify_archive

SEEN_AT = "2026-03-01T00:00:00+00:00"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    made = Archive(tmp_path / "archive")
    for number in (1, 2, 3):
        made.put(f"%PDF-1.4 {number}".encode(), ResponseRecord(url=f"http://portal.example/{number}.pdf", seen_at=SEEN_AT))
    return made


def sha_of(archive: Archive, number: int) -> str:
    (row,) = [row for row in archive.sightings() if row["url"].endswith(f"/{number}.pdf")]
    return row["sha256"]


def spoil(archive: Archive, number: int, content: bytes) -> Path:
    path = archive.path_of(sha_of(archive, number))
    path.chmod(0o644)
    path.write_bytes(content)
    return path


def run_verify(archive: Archive, *arguments: str):
    return CliRunner().invoke(
        app, ["archive", "verify", "--warehouse", str(archive.place.parent), *arguments], catch_exceptions=False
    )


def test_an_untouched_archive_is_sound(archive):
    verification = verify_archive(archive)
    assert (verification.is_sound, verification.n_files, verification.n_bytes) == (True, 3, 30)
    assert verification.orphans == ()


def test_one_changed_byte_is_told_with_its_address(archive):
    spoil(archive, 2, b"%PDF-1.4 X")
    verification = verify_archive(archive)
    assert [file.urls for file in verification.changed] == [("http://portal.example/2.pdf",)]
    assert (verification.missing, verification.is_sound) == ((), False)


def test_a_lost_file_is_missing(archive):
    sha256 = sha_of(archive, 3)
    archive.path_of(sha256).unlink()
    verification = verify_archive(archive)
    assert [file.sha256 for file in verification.missing] == [sha256]


def test_an_older_version_that_is_lost_is_missing_too(archive):
    old = sha_of(archive, 1)
    archive.put(b"%PDF-1.4 newer", ResponseRecord(url="http://portal.example/1.pdf", seen_at="2026-03-02T00:00:00+00:00"))
    archive.path_of(old).unlink()
    assert [file.sha256 for file in verify_archive(archive).missing] == [old]


def test_an_older_version_of_a_page_is_no_orphan(archive):
    for day, content in ((1, b"<html>1"), (2, b"<html>2")):
        seen_at = f"2026-03-0{day}T00:00:00+00:00"
        archive.put(content, ResponseRecord(url="http://portal.example/", seen_at=seen_at, role="page"))
    assert verify_archive(archive).orphans == ()


def test_a_file_that_no_line_names_is_an_orphan_and_no_damage(archive):
    stray = archive.place / "ab" / "cd" / ("abcd" + "0" * 60)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"who put this here?")
    verification = verify_archive(archive)
    assert verification.is_sound
    assert [name.split()[0] for name in verification.orphans] == [str(stray.relative_to(archive.place))]


def test_a_file_in_the_wrong_folder_is_an_orphan_and_missing_in_its_own(archive):
    sha256 = sha_of(archive, 1)
    wrong = archive.place / "00" / "00" / sha256
    wrong.parent.mkdir(parents=True)
    archive.path_of(sha256).rename(wrong)
    verification = verify_archive(archive)
    assert [file.sha256 for file in verification.missing] == [sha256]
    assert list(verification.orphans) == [f"00/00/{sha256}"]


def test_a_torn_line_is_counted(archive):
    with (archive.place / "responses.jsonl").open("ab") as journal:
        journal.write(b'{"url": "http://portal.example/4.p\n')
    assert verify_archive(archive).torn_lines == 1


def test_the_command_ends_with_0_for_a_sound_archive(archive):
    result = run_verify(archive)
    assert (result.exit_code, "3 files, 30 bytes" in result.stdout) == (0, True)


def test_the_command_ends_with_1_and_names_the_damage_as_json(archive):
    sha256 = sha_of(archive, 2)
    spoil(archive, 2, b"other")
    result = run_verify(archive, "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["is_sound"]) == (1, False)
    assert [file["sha256"] for file in told["changed"]] == [sha256]


def test_the_command_makes_no_archive_where_there_is_none(tmp_path):
    result = CliRunner().invoke(app, ["archive", "verify", "--warehouse", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert not (tmp_path / "none").exists()

import pytest

from flows.local import NoFilesError, select_files


def test_folder_gives_its_pdfs_at_any_depth_and_counts_the_rest(tmp_path):
    (tmp_path / "deep/er").mkdir(parents=True)
    for name in ("a.pdf", "deep/er/b.PDF", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    selection = select_files([tmp_path])
    assert [file.name for file in selection.files] == ["a.pdf", "b.PDF"]
    assert selection.skipped == 1


def test_named_file_is_taken_whatever_it_is_called(tmp_path):
    (tmp_path / "budget.bin").write_bytes(b"x")
    assert len(select_files([tmp_path / "budget.bin"]).files) == 1


def test_file_named_twice_is_taken_once(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"x")
    assert len(select_files([tmp_path, tmp_path / "a.pdf"]).files) == 1


def test_missing_path(tmp_path):
    with pytest.raises(NoFilesError, match="neither a file nor a folder"):
        select_files([tmp_path / "gone"])


def test_folder_without_pdf_says_what_it_holds(tmp_path):
    (tmp_path / "a.doc").write_bytes(b"x")
    with pytest.raises(NoFilesError, match="1 other files"):
        select_files([tmp_path])

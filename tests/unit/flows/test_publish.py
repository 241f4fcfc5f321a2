import os

import pytest

from flows.publish import NothingToReleaseError, list_releases, publish_release, read_sequence, remove_old_releases
from warehouse.store import Warehouse


def make_release(folder, name, age=0):
    (folder / name).mkdir(parents=True)
    package = folder / name / "datapackage.json"
    package.write_text("{}")
    os.utime(package, (1000 - age, 1000 - age))
    return folder / name


def test_empty_warehouse_has_nothing_to_release(tmp_path):
    with pytest.raises(NothingToReleaseError):
        publish_release(Warehouse.open(tmp_path / "w"), tmp_path / "releases", keep=5)


def test_oldest_releases_go(tmp_path):
    newest, middle, _ = (make_release(tmp_path, f"2026.11.26-{number}") for number in (10, 9, 8))
    remove_old_releases(tmp_path, 2, spare=newest)
    assert list_releases(tmp_path) == [middle, newest]


def test_a_clock_that_was_ahead_makes_no_release_the_newest(tmp_path):
    ahead = make_release(tmp_path, "2027.12.31-1", age=-900)
    later = [make_release(tmp_path, f"2026.11.26-{number}", age=number) for number in (2, 3)]
    remove_old_releases(tmp_path, 2, spare=later[-1])
    assert list_releases(tmp_path) == later
    assert not ahead.exists()


def test_pointer_is_no_release(tmp_path):
    newest = make_release(tmp_path, "2026.11.26-1")
    (tmp_path / "latest").symlink_to("2026.11.26-1")
    assert list_releases(tmp_path) == [newest]


def test_unfinished_folder_is_no_release(tmp_path):
    (tmp_path / "2026.11.26-1").mkdir()
    make_release(tmp_path, ".2026.11.26-1.13143")
    assert list_releases(tmp_path) == []


@pytest.mark.parametrize("name", [".2026.11.26-1.13143", "1.0", "2026.11.26-1.13143"])
def test_other_names_have_no_number_of_a_commit(name):
    with pytest.raises(ValueError, match="not named like a release"):
        read_sequence(name)

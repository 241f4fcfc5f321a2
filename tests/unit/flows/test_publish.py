import os

import pytest

from flows.publish import NothingToReleaseError, list_releases, publish_release, remove_old_releases
from warehouse.store import Warehouse


def make_release(folder, name, age):
    (folder / name).mkdir(parents=True)
    package = folder / name / "datapackage.json"
    package.write_text("{}")
    os.utime(package, (1000 - age, 1000 - age))
    return folder / name


def test_empty_warehouse_has_nothing_to_release(tmp_path):
    with pytest.raises(NothingToReleaseError):
        publish_release(Warehouse.open(tmp_path / "w"), tmp_path / "releases", keep=5)


def test_oldest_releases_go(tmp_path):
    newest, middle, _ = make_release(tmp_path, "c", 1), make_release(tmp_path, "b", 2), make_release(tmp_path, "a", 3)
    remove_old_releases(tmp_path, 2, spare=newest)
    assert list_releases(tmp_path) == [middle, newest]


def test_pointer_is_no_release(tmp_path):
    newest = make_release(tmp_path, "a", 1)
    (tmp_path / "latest").symlink_to("a")
    assert list_releases(tmp_path) == [newest]


def test_unfinished_folder_is_no_release(tmp_path):
    (tmp_path / "half").mkdir()
    assert list_releases(tmp_path) == []

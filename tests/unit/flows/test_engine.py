import shutil
from pathlib import Path

from flows import engine
from flows.refusals import make_processing_id, parse_engine_version


def test_version_is_the_same_every_time():
    first = engine.get_engine_version()
    engine.get_engine_version.cache_clear()
    assert engine.get_engine_version() == first


def test_version_changes_with_the_reading_code(tmp_path, monkeypatch):
    before = engine.get_engine_version()
    for package in ("extractors", "transforms", "warehouse", "flows"):
        shutil.copytree(Path(str(engine.files(package))), tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(engine, "files", lambda package: tmp_path / package)
    engine.get_engine_version.cache_clear()
    assert engine.get_engine_version() == before
    (tmp_path / "transforms/amounts.py").write_text("# changed")
    engine.get_engine_version.cache_clear()
    changed = engine.get_engine_version()
    engine.get_engine_version.cache_clear()
    assert changed != before


def test_version_can_be_read_from_a_processing_id():
    version = engine.get_engine_version()
    assert parse_engine_version(make_processing_id("a" * 16, version)) == version

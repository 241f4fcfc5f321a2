from pathlib import Path

import pytest

from flows.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in ("YUSUAN_WAREHOUSE", "YUSUAN_WORKERS", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)


def test_default_warehouse():
    assert load_settings().warehouse == Path("data/warehouse")


def test_environment_names_the_warehouse(monkeypatch):
    monkeypatch.setenv("YUSUAN_WAREHOUSE", "elsewhere")
    assert load_settings().warehouse == Path("elsewhere")


def test_command_line_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("YUSUAN_WAREHOUSE", "elsewhere")
    assert load_settings(Path("here")).warehouse == Path("here")


def test_all_folders_stand_inside_the_warehouse():
    settings = load_settings(Path("w"))
    folders = (settings.archive_dir, settings.runs_dir, settings.releases_dir, settings.prefect_dir)
    assert all(folder.parent == Path("w") for folder in folders)


def test_value_that_does_not_fit_is_told_with_its_variable(monkeypatch):
    monkeypatch.setenv("YUSUAN_WORKERS", "many")
    with pytest.raises(SettingsError, match="YUSUAN_WORKERS"):
        load_settings()


def test_prefect_server_of_the_environment(monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")
    assert load_settings().prefect_api_url == "http://127.0.0.1:4200/api"


def test_setting_left_open_on_the_command_line_keeps_its_default():
    assert load_settings(workers=None).workers >= 1

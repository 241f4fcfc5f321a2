import os
from pathlib import Path

import pytest

from flows.doctor import list_settings
from flows.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("YUSUAN_", "AWS_")) or name == "PREFECT_API_URL":
            monkeypatch.delenv(name)


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
    folders = (settings.archive_place, settings.runs_dir, settings.releases_dir, settings.prefect_dir)
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


def test_archive_stands_in_the_warehouse_unless_it_is_put_elsewhere(monkeypatch):
    assert load_settings(Path("w")).archive_place == Path("w/archive")
    monkeypatch.setenv("YUSUAN_ARCHIVE", "/mnt/archive")
    assert load_settings(Path("w")).archive_place == Path("/mnt/archive")


def test_archive_on_object_storage_with_the_keys_of_the_environment(monkeypatch):
    monkeypatch.setenv("YUSUAN_ARCHIVE", "s3://budgets/archive/")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9000")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "planted-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted-secret")
    place = load_settings().archive_place
    assert (place.url, place.bucket, place.prefix) == ("s3://budgets/archive", "budgets", "archive")
    assert {place.storage.for_fsspec()["secret"], place.storage.for_delta()["aws_secret_access_key"]} == {"planted-secret"}
    assert place.storage.for_fsspec()["client_kwargs"] == {"endpoint_url": "http://127.0.0.1:9000"}


def test_no_text_of_the_settings_holds_a_key(monkeypatch):
    monkeypatch.setenv("YUSUAN_ARCHIVE", "s3://budgets/archive")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "planted-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted-secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "planted-token")
    settings = load_settings()
    checks = [f"{check.what} {check.seen}" for check in list_settings(settings)]
    texts = [repr(settings), str(settings), settings.model_dump_json(), repr(settings.archive_place), *checks]
    assert "AWS_SECRET_ACCESS_KEY set" in checks
    assert not [text for text in texts if "planted" in text]


def test_one_key_without_the_other_is_told(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "planted-id")
    with pytest.raises(SettingsError, match="AWS_SECRET_ACCESS_KEY") as told:
        load_settings()
    assert "planted-id" not in str(told.value)


@pytest.mark.parametrize("address", ["s3://", "s3://UPPER/x", "gs://bucket/x", "s3://bucket//x"])
def test_address_that_is_no_bucket_is_told(address, monkeypatch):
    monkeypatch.setenv("YUSUAN_ARCHIVE", address)
    with pytest.raises(SettingsError, match="YUSUAN_ARCHIVE: no address of the form s3://bucket/prefix"):
        load_settings()


def test_tables_stand_in_the_warehouse_unless_they_are_put_elsewhere(monkeypatch):
    assert load_settings(Path("w")).tables_place == Path("w")
    monkeypatch.setenv("YUSUAN_TABLES", "s3://budgets/tables")
    assert load_settings(Path("w")).tables_place.url == "s3://budgets/tables"
    monkeypatch.setenv("YUSUAN_TABLES", "s3://")
    with pytest.raises(SettingsError, match="YUSUAN_TABLES"):
        load_settings()

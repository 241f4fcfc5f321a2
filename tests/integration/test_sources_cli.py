"""`yusuan sources` against the real demonstration portal, through the command line."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from extractors.sources import load_sources
from flows.cli import app
from samples.library import sample_disclosures
from samples.portal import serve_portal
from warehouse.codes import load_regions

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def portal():
    with serve_portal(documents=sample_disclosures()) as running:
        yield running


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("YUSUAN_SOURCES", str(tmp_path / "own"))
    return tmp_path / "own"


def call(*arguments):
    return CliRunner().invoke(app, ["sources", *map(str, arguments)], catch_exceptions=False)


def test_every_region_of_the_registry_exists():
    codes = {region.code for region in load_regions()} | {None}
    assert {source.region_code for source in load_sources().values()} <= codes


def test_no_landing_page_stands_in_two_sources():
    urls = [url for source in load_sources().values() for url in source.landing_urls]
    assert sorted(set(urls)) == sorted(urls)


def test_list_names_every_source_and_makes_no_warehouse(tmp_path):
    result = call("list", "--json", "--warehouse", tmp_path / "none")
    rows = json.loads(result.stdout)
    assert [row["id"] for row in rows] == list(load_sources())
    assert {row["last_visit"] for row in rows} == {None}
    assert not (tmp_path / "none").exists()


def test_list_tells_the_last_visit_of_a_run(tmp_path):
    run = tmp_path / "runs" / "20260101T000000Z-aaaa"
    run.mkdir(parents=True)
    findings = [{"finding_kind": "blocked", "source_id": "beijing"}, {"finding_kind": "blocked", "source_id": "jinan"}]
    account = {"started_at": "2026-01-01T00:00:00", "sources": ["beijing"], "run_findings": findings}
    (run / "run.json").write_text(json.dumps(account))
    (row,) = [row for row in json.loads(call("list", "--json", "--warehouse", tmp_path).stdout) if row["id"] == "beijing"]
    assert row["last_visit"] == {"run_id": run.name, "at": "2026-01-01T00:00:00", "findings": {"blocked": 1}}


def test_check_shows_the_documents_and_asks_for_none_of_them(portal):
    portal.requests.clear()
    result = call("check", "demo", "--base-url", portal.url, "--pages", 200, "--json")
    (check,) = json.loads(result.stdout)
    assert result.exit_code == 0
    assert {item["title"] for item in check["disclosures"]} == {sample.title for sample in sample_disclosures()}
    assert {item["file_kind"] for item in check["disclosures"]} == {"pdf"}
    assert not [path for path, _ in portal.requests if path.endswith(".pdf")]


def test_check_that_stops_early_says_so(portal):
    result = call("check", "demo", "--base-url", portal.url, "--pages", 1, "--json")
    (check,) = json.loads(result.stdout)
    assert (check["is_partial"], result.exit_code) == (True, 3 if not check["disclosures"] else 0)


def test_check_of_a_portal_that_is_gone_ends_with_3():
    result = call("check", "demo", "--base-url", "http://127.0.0.1:9", "--json")
    assert result.exit_code == 3
    assert [row["finding_kind"] for row in json.loads(result.stdout)[0]["findings"]] == ["connection-failed"]


def test_check_of_an_unknown_source_is_wrong_usage():
    assert call("check", "atlantis").exit_code == 2


def test_add_writes_a_source_and_never_overwrites_it(portal, tmp_path):
    arguments = ("add", portal.url + "/", "--id", "made", "--into", tmp_path, "--allow-private", "--pages", 200)
    result = call(*arguments)
    assert result.exit_code == 0
    written = (tmp_path / "made.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(written)["landing_urls"] == [portal.url + "/"]
    assert call(*arguments).exit_code == 2
    assert (tmp_path / "made.yml").read_text(encoding="utf-8") == written


def test_add_does_not_reach_into_the_own_network_by_itself(portal, tmp_path):
    result = call("add", portal.url, "--id", "made", "--into", tmp_path)
    assert result.exit_code == 3
    assert list(tmp_path.iterdir()) == []


def test_add_writes_into_the_own_folder_which_every_command_reads(portal, own_folder):
    call("add", portal.url + "/", "--id", "made", "--allow-private", "--pages", 1)
    (row,) = [row for row in json.loads(call("list", "--json").stdout) if row["id"] == "made"]
    assert (row["file"], row["enabled"]) == (str(own_folder / "made.yml"), False)
    (check,) = json.loads(call("check", "made", "--pages", 1, "--json").stdout)
    assert check["id"] == "made"


def test_add_never_hides_a_source_of_ours(portal, own_folder):
    assert call("add", portal.url + "/", "--id", "beijing", "--allow-private").exit_code == 2
    assert not own_folder.exists()


def test_add_tells_how_another_folder_is_used(portal, tmp_path):
    result = call("add", portal.url + "/", "--id", "made", "--into", tmp_path / "else", "--allow-private", "--pages", 1)
    assert f"YUSUAN_SOURCES={tmp_path / 'else'}" in result.stdout.replace("\n", "")


def test_add_into_a_folder_that_cannot_be_is_told(portal, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    result = call("add", portal.url + "/", "--id", "made", "--into", tmp_path / "file" / "below", "--allow-private", "--pages", 1)
    assert result.exit_code == 2


def test_a_wrong_yaml_of_ones_own_is_one_sentence(own_folder):
    own_folder.mkdir()
    (own_folder / "bad.yml").write_text("id: bad\n")
    result = call("list")
    assert (result.exit_code, "bad.yml" in result.stderr) == (2, True)

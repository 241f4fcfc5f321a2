"""The registry: every file is sound, and a wrong one says what is wrong."""

from datetime import date

import pytest

from extractors.sources import SourceError, choose_sources, load_source, load_sources, open_fetcher, parse_source

MINIMAL = """
id: sample
region_code: "420103"
publisher: 示例
landing_urls: [http://portal.example/index.html]
"""


def test_every_source_of_the_registry_is_sound():
    sources = load_sources()
    assert len(sources) >= 21
    assert "demo" in sources


def test_real_portals_wait_until_someone_enables_them():
    assert [source.id for source in load_sources().values() if source.enabled] == []
    assert choose_sources() == []


def test_no_source_but_the_demonstration_may_reach_private_addresses():
    assert [source.id for source in load_sources().values() if source.allow_private_addresses] == ["demo"]


def test_real_portals_are_visited_slowly():
    slow = [source for source in load_sources().values() if source.id != "demo"]
    assert all(source.politeness.delay_seconds >= 2 and source.politeness.concurrency == 1 for source in slow)


def test_the_demonstration_portal_needs_its_address():
    with pytest.raises(SourceError, match="base URL"):
        load_source("demo")
    source = load_source("demo", base_url="http://127.0.0.1:8765/")
    assert source.landing_urls == ("http://127.0.0.1:8765/",)
    assert source.private_hosts == {("127.0.0.1", 8765)}


def test_an_unknown_source_names_the_known_ones():
    with pytest.raises(SourceError, match=r"known: .*beijing"):
        load_source("atlantis")


def test_a_source_allows_no_private_host_by_itself():
    source = parse_source(MINIMAL, "sample")
    assert source.private_hosts == frozenset()
    with open_fetcher(source) as fetcher:
        assert fetcher.politeness == source.politeness


def test_the_season_is_the_months_of_the_yaml():
    source = parse_source(MINIMAL + "season_months: [2, 3]\n", "sample")
    assert source.is_in_season(date(2026, 2, 1))
    assert not source.is_in_season(date(2026, 6, 1))


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        (MINIMAL, "other", "one name"),
        (MINIMAL + "colour: red\n", "sample", "colour"),
        (MINIMAL + "platform: wordpress\n", "sample", "no platform"),
        (MINIMAL + "exclude: ['(']\n", "sample", "no regular expression"),
        (MINIMAL + "season_months: [13]\n", "sample", "season_months"),
        (MINIMAL.replace("http://", "ftp://"), "sample", "not http"),
        (MINIMAL.replace("420103", "42"), "sample", "region_code"),
        ("id: [", "sample", "sources/sample.yml"),
        ("", "sample", "sources/sample.yml"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(text, name, reason):
    with pytest.raises(SourceError, match=reason):
        parse_source(text, name)


def test_a_folder_of_the_users_own_is_added(tmp_path):
    (tmp_path / "sample.yml").write_text(MINIMAL, encoding="utf-8")
    assert load_source("sample", folder=tmp_path).publisher == "示例"
    assert set(load_sources(tmp_path)) == {*load_sources(), "sample"}


def test_a_file_of_the_users_own_takes_the_place_of_ours(tmp_path):
    (tmp_path / "beijing.yml").write_text(MINIMAL.replace("id: sample", "id: beijing\nenabled: true"), encoding="utf-8")
    assert [source.id for source in choose_sources(folder=tmp_path)] == ["beijing"]
    assert not load_source("beijing").enabled


def test_a_folder_that_is_not_there_adds_nothing(tmp_path):
    assert load_sources(tmp_path / "none") == load_sources()


@pytest.mark.parametrize(
    "content", [b"id: sample\nlandings: []\n", b"\xff\xfe\x00 no text", MINIMAL.replace("sample", "other").encode()]
)
def test_a_wrong_file_of_the_users_own_is_named(tmp_path, content):
    (tmp_path / "sample.yml").write_bytes(content)
    with pytest.raises(SourceError, match=str(tmp_path)):
        load_sources(tmp_path)

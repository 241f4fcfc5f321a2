"""The portal's sitemap and feeds: as their grammars ask, read by a library made for feeds, leading to pages that are there."""

import re
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from lxml import etree
from made_release import PUBLISHER, commit
from made_rows import document_id_of, make_document

from flows.portal.build import build_portal
from flows.portal.sitemap import make_sitemap
from transforms.portal.addresses import LANGUAGES
from warehouse.release import build_release
from warehouse.store import Warehouse

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
PORTAL = "https://budgets.example.org/portal/"
EVIL = 'a < b & "c" ]]> \x07\u202e\ufffe<script>'
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def build(store: Warehouse, root: Path, releases: Path, address: str | None = PORTAL):
    return build_portal(store, releases, root, pictures=None, publisher=PUBLISHER, tell=lambda words: None, address=address)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A warehouse of two documents, one with a hostile title; its releases; its portal."""
    folder = tmp_path_factory.mktemp("module")
    store = Warehouse.open(folder / "warehouse")
    commit(store, make_document("甲"))
    commit(store, make_document("乙", disclosure={"title": EVIL}))
    build_release(store, folder / "releases", version="2026.11.26-2", publisher=PUBLISHER)
    build(store, folder / "portal", folder / "releases")
    return store, folder / "portal", folder / "releases"


@pytest.fixture(scope="module")
def root(place):
    return place[1]


def find_faults(content: bytes, grammar: str) -> list[str]:
    tree = etree.parse(FIXTURES / grammar)
    checker = etree.RelaxNG(tree) if grammar.endswith(".rng") else etree.XMLSchema(tree)
    checker.validate(etree.fromstring(content))
    return [error.message for error in checker.error_log]


def list_places(content: bytes) -> list[str]:
    return [element.text for element in etree.fromstring(content).iter(f"{SITEMAP}loc")]


def find_file(root: Path, address: str) -> Path:
    assert address.startswith(PORTAL)
    return root / address.removeprefix(PORTAL)


# The feeds


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_feed_is_as_atom_asks_and_a_library_reads_all_of_it(root, language):
    content = (root / language / "feed.xml").read_bytes()
    assert find_faults(content, "atom.rng") == []
    feed = feedparser.parse(content)
    assert (feed.bozo, feed.version, feed.encoding) == (False, "atom10", "utf-8")
    assert feed.feed.id == f"{PORTAL}{language}/feed.xml"
    assert [link.href for link in feed.feed.links if link.rel == "self"] == [feed.feed.id]
    assert feed.feed.author_detail == {"name": PUBLISHER.name, "email": PUBLISHER.email}
    assert len(feed.entries) == len({entry.id for entry in feed.entries}) == 3
    moments = [entry.updated_parsed for entry in feed.entries]
    assert moments == sorted(moments, reverse=True)
    assert feed.feed.updated_parsed == moments[0]
    for entry in feed.entries:
        assert find_file(root, entry.link).is_file()


def test_a_title_is_text_whatever_is_in_it(root):
    feed = feedparser.parse((root / "zh" / "feed.xml").read_bytes())
    (entry,) = [entry for entry in feed.entries if document_id_of("乙") in entry.link]
    assert entry.title_detail.type == "text/plain"
    assert entry.title == 'a < b & "c" ]]> <script>'


def test_an_entry_says_whose_and_of_which_year_it_is(root):
    for language, phase in (("zh", "预算"), ("en", "budget")):
        feed = feedparser.parse((root / language / "feed.xml").read_bytes())
        (entry,) = [entry for entry in feed.entries if document_id_of("甲") in entry.link]
        assert re.search(rf"2020 · {phase}", entry.summary, re.IGNORECASE), entry.summary


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"<id>[^<]*</id><title>[^<]*</title><updated>", b"<title>x</title><updated>"),
        (rb"<title>[^<]*</title>", b"<title></title>"),
        (rb"<updated>[^<]*</updated>", b"<updated>26.11.2026</updated>"),
        (rb"<updated>([^<]*)Z</updated>", rb"<updated>\1</updated>"),
        (rb"<author>.*?</author>", b""),
        (rb"<id>https:", b"<id>"),
        (rb"<summary>", b"<summary type='application/pdf'>"),
        (rb'(<link rel="alternate") href="[^"]*"', rb"\1"),
        (rb"<email>[^<]*", b"<email>nobody"),
    ],
)
def test_the_grammar_of_feeds_notices_what_is_wrong(root, old, new):
    content = (root / "zh" / "feed.xml").read_bytes()
    spoilt = re.sub(old, new, content, count=1)
    assert spoilt != content
    assert find_faults(spoilt, "atom.rng") != []


# The sitemap


def test_a_sitemap_is_as_its_protocol_asks_and_every_address_is_a_page(root):
    index = (root / "sitemap.xml").read_bytes()
    assert find_faults(index, "sitemap-index.xsd") == []
    (only,) = list_places(index)
    content = find_file(root, only).read_bytes()
    assert find_faults(content, "sitemap.xsd") == []
    places = list_places(content)
    assert len(places) == len(set(places))
    assert all(find_file(root, place).is_file() for place in places)
    # The first page of every folder is in it, but of the search, which leads nowhere by itself.
    first = {path.relative_to(root).as_posix() for path in root.glob("??/**/index.html")}
    assert first | {f"{language}/about.html" for language in LANGUAGES} == {place.removeprefix(PORTAL) for place in places}


def test_a_page_of_a_disclosure_says_when_it_changed(place):
    store, root, _ = place
    taken_in = {name: commit.committed_at for name, commit in store.snapshot().commits.items()}
    said = {
        element.findtext(f"{SITEMAP}loc"): element.findtext(f"{SITEMAP}lastmod")
        for element in etree.parse(root / "sitemap-1.xml").getroot()
    }
    for document_id, moment in taken_in.items():
        assert said[f"{PORTAL}en/documents/{document_id}/index.html"] == f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<loc>", b"<lok>"),
        (b"<lastmod>2", b"<lastmod>on 2"),
        (b"<loc>https://budgets.example.org/portal/zh/index.html</loc>", b""),
        (b"<lastmod>", b"<changefreq>sometimes</changefreq><lastmod>"),
        (b"sitemap/0.9", b"sitemap/0.8"),
    ],
)
def test_the_grammar_of_sitemaps_notices_what_is_wrong(root, old, new):
    content = (root / "sitemap-1.xml").read_bytes()
    assert old in content
    spoilt = content.replace(old, new).replace(b"</loc>", b"</lok>" if new == b"<lok>" else b"</loc>")
    assert find_faults(spoilt, "sitemap.xsd") != []


def test_any_number_of_pages_fits_since_lists_are_listed():
    units = [f"document:{number:016x}" for number in range(7)]
    changed_at = {unit.partition(":")[2]: datetime(2026, 11, 24, tzinfo=UTC) for unit in units}
    files = dict(make_sitemap(units, changed_at, PORTAL, most=5))
    assert list(files) == ["sitemap-1.xml", "sitemap-2.xml", "sitemap-3.xml", "sitemap-4.xml", "sitemap.xml"]
    assert list_places(files["sitemap.xml"]) == [f"{PORTAL}sitemap-{number}.xml" for number in range(1, 5)]
    listed = [list_places(files[name]) for name in files if name != "sitemap.xml"]
    assert [len(places) for places in listed] == [5, 5, 5, 3]
    assert len({place for places in listed for place in places}) == 2 * (7 + 2)
    assert all(find_faults(content, "sitemap.xsd") == [] for name, content in files.items() if name != "sitemap.xml")


# The build


def test_a_second_build_writes_nothing_and_one_without_an_address_takes_them_away(place, tmp_path):
    store, _, releases = place
    root = tmp_path / "portal"
    build(store, root, releases)
    home = (root / "zh" / "index.html").read_text("utf-8")
    assert 'type="application/atom+xml"' in home
    assert (done := build(store, root, releases).written).written == 0, done
    done = build(store, root, releases, address=None).written
    assert [path for path in root.rglob("*.xml") if "releases" not in path.parts] == []
    assert done.removed == 4
    assert "atom+xml" not in (root / "zh" / "index.html").read_text("utf-8")

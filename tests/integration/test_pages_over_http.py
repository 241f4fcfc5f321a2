"""Discovery on saved pages, over a real connection: served under their own host names, walked by the crawler's own fetcher.

`expected` of a manifest names the documents, or the articles that lead to them. The web around the pages is that of
`saved_web`: a link that is wrongly taken for a disclosure leads to a document that nobody expects, so precision is of documents.
"""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest
from saved_web import place_of, serve_web

from extractors.discover import CrawlFinding, Disclosure, discover
from extractors.platforms.page import decode_page, is_file_url, join_url
from extractors.sources import parse_source
from extractors.titles import squeeze

pytestmark = pytest.mark.integration

OWN = Path(__file__).parents[1] / "fixtures" / "pages"
REAL = Path(__file__).parents[2].parent / "shared" / "corpus" / "pages"
# On this hub each of 197 departments is a link of the same list; the manifest names 97 of them. What it leaves out is as right
# as what it names, so the page counts for recall and not for precision.
HALF_TOLD = "重庆/市级预算单位2026部门预算_财政局.html"
SOURCE = """
id: saved
region_code: null
publisher: 示例
landing_urls: ["http://portal.example/"]
"""
_EXPECTED = re.compile(r"(?:^\d+: |\| )(.*?) <([^<>]+)>(?= \||$)")
_NOTE = re.compile(r" \([^()]*\)$|: one document made of .*$")
_ENDING = re.compile(r"\.(pdf|docx?|xlsx?|zip|rar)$", re.IGNORECASE)
# What is left of a title that names nobody.
_NO_NAME = re.compile(r"20\d\d|二级|预算单位|[年度部门单位预决算公开报表]")
_YEAR = re.compile(r"(?<!\d)20\d\d")
_PAGE_IMAGE = re.compile(r"page \d+")


@dataclass(frozen=True)
class Walk:
    """What the crawler brought from one page: of `expected` by address its titles, of `found` by address its disclosure."""

    row: dict[str, str]
    page: str
    expected: dict[str, list[str]]
    disclosures: list[Disclosure]
    findings: list[CrawlFinding]
    not_there: list[tuple[str, str]]

    @property
    def found(self):
        """By its own address, that of the article that leads to it, or that of its page images."""
        places = {}
        for item in self.disclosures:
            for url in (item.landing_url, item.url, *item.image_urls):
                places[unquote(url)] = item
        return places

    @property
    def unexpected(self):
        return [item for item in self.disclosures if not {unquote(item.url), unquote(item.landing_url)} & self.expected.keys()]

    @property
    def told(self):
        """What was found and is a document, with the titles that the manifest has for it."""
        return [
            (titles, self.found[url])
            for url, titles in self.expected.items()
            if url in self.found and not _PAGE_IMAGE.fullmatch(titles[0])
        ]


def read_manifest(folder):
    """Rows with an address each, and what stands there. A page whose address is not known gets one of its own."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row["url"] = row["url"] or f"http://page-{number}.example/ysgk/index.html"
    return rows, {row["file"]: (folder / row["file"]).read_bytes() for row in rows}


def read_expected(row):
    expected = {}
    for title, target in _EXPECTED.findall(row["expected"]):
        expected.setdefault(unquote(join_url(row["url"], target)), []).append(_ENDING.sub("", _NOTE.sub("", title)).strip())
    return expected


def walk_all(folder, scratch):
    rows, contents = read_manifest(folder)
    saved = {row["url"]: contents[row["file"]] for row in rows}
    named = {join_url(row["url"], target) for row in rows for _, target in _EXPECTED.findall(row["expected"])}
    source = parse_source(SOURCE, "saved")
    walks = []
    with serve_web(saved, scratch, named) as web:
        for row in rows:
            if row["kind"] == "part":
                continue
            # Two pages of one address: that which is looked at stands there.
            web.pages[place_of(row["url"])] = contents[row["file"]]
            web.asked.clear()
            with web.open_fetcher() as fetcher:
                found = list(discover(source.model_copy(update={"landing_urls": (row["url"],)}), fetcher))
            disclosures = [item for item in found if isinstance(item, Disclosure)]
            findings = [item for item in found if isinstance(item, CrawlFinding)]
            missing = [place for place, is_there in web.asked if not is_there and place[1] != "/robots.txt"]
            page = decode_page(contents[row["file"]])
            walks.append(Walk(row, page, read_expected(row), disclosures, findings, missing))
    return walks


needs_corpus = pytest.mark.skipif(
    not REAL.is_dir(), reason="../shared/corpus/pages is not here: discovery on real pages over HTTP is not measured"
)


@pytest.fixture(scope="module", params=[OWN, pytest.param(REAL, marks=[pytest.mark.corpus, needs_corpus])], ids=["own", "real"])
def walks(request, tmp_path_factory):
    return walk_all(request.param, tmp_path_factory.mktemp("web"))


def test_recall_and_precision_of_documents(walks, capsys):
    right = sum(len(walk.expected.keys() & walk.found.keys()) for walk in walks)
    missed = [url for walk in walks for url in walk.expected.keys() - walk.found.keys()]
    extra = [item.url for walk in walks if walk.row["file"] != HALF_TOLD for item in walk.unexpected]
    left_out = sum(len(walk.unexpected) for walk in walks if walk.row["file"] == HALF_TOLD)
    recall, precision = right / (right + len(missed)), right / (right + len(extra))
    with capsys.disabled():
        print(f"\n{len(walks)} pages over HTTP: {right} found, {len(missed)} missed, {len(extra)} too many")
        print(f"recall {recall:.4f}, precision {precision:.4f}; {left_out} departments that a manifest leaves out")
    assert recall >= 0.98, missed
    assert precision >= 0.98, extra
    assert left_out <= 100


def has_title(titles, item):
    """Every word of a title that the manifest has for it."""
    own = squeeze(item.title)
    return any(all(squeeze(word) in own for word in title.split()) for title in titles)


def name_facts(walk, titles):
    """Year and phase by the manifest's words, where its titles say none by the saved page's name."""
    facts = []
    for title in titles:
        said = title if _YEAR.search(title) else walk.row["file"].rpartition("/")[2]
        facts.append((int(_YEAR.search(said)[0]), {"预算": "budget", "决算": "final"}[re.search(r"预算|决算", said)[0]]))
    return facts


def has_department(walk, titles, item):
    """The department stands in the title, or where that names nobody on the page."""
    name = squeeze(item.department_name)
    is_nameless = all(not _NO_NAME.sub("", squeeze(title)) for title in titles)
    return bool(name) and (any(name in squeeze(title) for title in titles) or (is_nameless and item.department_name in walk.page))


def test_what_is_said_of_each_document_is_right(walks, capsys):
    counts = Counter()
    wrong = []
    for walk in walks:
        for titles, item in walk.told:
            facts = name_facts(walk, titles)
            judged = {
                "title": has_title(titles, item),
                "year": item.fiscal_year in {year for year, _ in facts},
                "phase": item.phase in {phase for _, phase in facts},
                "department": has_department(walk, titles, item),
            }
            counts.update(name for name, is_right in judged.items() if is_right)
            counts["documents"] += 1
            wrong += [(name, titles, item) for name, is_right in judged.items() if not is_right]
    with capsys.disabled():
        print("\n" + ", ".join(f"{name} {counts[name]}" for name in ("documents", "title", "year", "phase", "department")))
    for name in ("title", "year", "phase", "department"):
        assert counts[name] >= 0.98 * counts["documents"], [entry for entry in wrong if entry[0] == name]


def test_page_images_stand_in_the_order_of_the_article(walks):
    pages = {
        walk.row["file"]: [url for url, (title, *_) in walk.expected.items() if _PAGE_IMAGE.fullmatch(title)] for walk in walks
    }
    assert any(pages.values())
    for walk in walks:
        found = [unquote(url) for item in walk.disclosures for url in item.image_urls]
        assert not pages[walk.row["file"]] or found == pages[walk.row["file"]]


def test_lists_are_followed_to_pages_that_are_not_there(walks):
    long = [walk for walk in walks if walk.row["note"].startswith("page 1 of")]
    assert len(long) >= 2
    asked = [walk for walk in long if walk.not_there]
    # A list that is saved to its end asks for nothing more.
    assert [walk.row["file"] for walk in long if walk not in asked] in ([], ["uuid-list.html"])
    for walk in asked:
        (further,) = walk.not_there
        assert re.search(r"/index_\d\.html$", further[1])


def test_every_page_that_is_not_there_is_told_and_ends_nothing(walks):
    for walk in walks:
        told = [place_of(item.url) for item in walk.findings if item.finding["finding_kind"] == "http-error"]
        assert sorted(told) == sorted(walk.not_there), walk.row["file"]


def test_a_page_that_shows_nothing_says_why(walks):
    """Errors of the corpus are browser checks, shells and redirects to what is not there; never "no budget"."""
    errors = [walk for walk in walks if walk.row["kind"] == "error" and not walk.expected]
    assert errors
    for walk in errors:
        kinds = {item.finding["finding_kind"] for item in walk.findings}
        assert kinds <= {"http-error", "blocked", "script-only"}, walk.row["file"]
        assert kinds, walk.row["file"]


def test_only_pages_are_asked_for(walks):
    """Files are brought home later; a walk that asked for them would ask twice."""
    for walk in walks:
        assert not [place for place in walk.not_there if is_file_url(f"http://{place[0]}{place[1]}")]

"""Walking a portal: every disclosure once, a finding for what stands in the way, an end whatever the pages say."""

import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from portal_documents import make_documents

from extractors.discover import CrawlFinding, Disclosure, discover, make_key
from extractors.fetch import FetchLimits
from extractors.sources import load_source, open_fetcher, parse_source
from samples.portal import serve_portal


class Handler(BaseHTTPRequestHandler):
    """Answers with what the test that runs now put into the server's `pages`: a mapping by address, or a function of it."""

    def do_GET(self):
        url = BASE + self.path
        pages = self.server.pages
        content = pages(url) if callable(pages) else pages.get(url)
        if self.path != "/robots.txt":
            self.server.asked.append(url)
        body = content.encode() if isinstance(content, str) else content or b""
        self.send_response(404 if content is None or self.path == "/robots.txt" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


# Bound here, so that the tests can write addresses; it answers while the tests of this module run.
SERVER = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
BASE = f"http://127.0.0.1:{SERVER.server_port}"


@pytest.fixture(scope="module", autouse=True)
def answering():
    thread = threading.Thread(target=SERVER.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield
    SERVER.shutdown()
    SERVER.server_close()


def make_source(**values):
    source = parse_source(
        f"""
id: sample
region_code: "420100"
publisher: 示例
landing_urls: [{BASE}/]
season_months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
politeness: {{delay_seconds: 0}}
allow_private_addresses: true
""",
        "sample",
    )
    return source.model_copy(update=values)


def walk(pages, **values):
    SERVER.pages, SERVER.asked = pages, []
    source = make_source(**values)
    with open_fetcher(source, limits=FetchLimits(attempts=1)) as fetcher:
        found = list(discover(source, fetcher, today=date(2026, 3, 1)))
    documents = [item for item in found if isinstance(item, Disclosure)]
    findings = [item.finding["finding_kind"] for item in found if isinstance(item, CrawlFinding)]
    return documents, findings, SERVER.asked


def list_page(*links, script=""):
    items = "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in links)
    filler = "".join(f'<a href="/nav{n}">栏目{n}</a>' for n in range(3))
    return f"<html><body>{filler}<ul>{items}</ul><script>{script}</script></body></html>"


def article(title, body, region=""):
    site = f'<meta name="SiteIDCode" content="{region}0001">' if region else ""
    nav = "".join(f'<a href="/nav{n}">栏目{n}</a>' for n in range(3))
    head = f'<head><meta name="ArticleTitle" content="{title}">{site}</head>'
    return f'<html>{head}<body>{nav}<div class="TRS_Editor">{body}</div></body></html>'


@pytest.fixture(scope="module")
def demo():
    with serve_portal(documents=make_documents(9), per_page=4) as portal:
        source = load_source("demo", base_url=portal.url)
        with open_fetcher(source) as fetcher:
            yield portal, list(discover(source, fetcher))


def test_every_sample_of_the_demonstration_portal_is_found_once(demo):
    _, found = demo
    assert sorted(item.title for item in found) == sorted(document.title for document in make_documents(9))


def test_what_a_title_says_travels_with_the_disclosure(demo):
    _, found = demo
    by_title = {item.title: item for item in found}
    for document in make_documents(9):
        item = by_title[document.title]
        assert (item.department_name, item.fiscal_year, item.phase) == (document.department, document.year, document.phase)
        assert item.source_id == "demo"


def test_the_traps_of_the_demonstration_portal_are_not_opened(demo):
    portal, _ = demo
    assert not [path for path, _ in portal.requests if "/sjgg/" in path or "/tzgg/" in path or path == "/search"]


def test_an_article_leads_to_its_file():
    documents, findings, _ = walk(
        {
            f"{BASE}/": list_page(("a.html", "示例局2026年部门预算")),
            f"{BASE}/a.html": article("示例局2026年部门预算", '<a href="./P01.pdf">附件</a>', region="420103"),
        }
    )
    (document,) = documents
    assert (document.url, document.landing_url, document.title) == (f"{BASE}/P01.pdf", f"{BASE}/a.html", "示例局2026年部门预算")
    assert document.region_code == "420103", "the article's own region is nearer than the source's"
    assert findings == []


def test_a_region_of_another_province_is_not_taken_from_a_page():
    documents, *_ = walk(
        {
            f"{BASE}/": list_page(("a.html", "示例局2026年部门预算")),
            f"{BASE}/a.html": article("示例局2026年部门预算", '<a href="./P01.pdf">附件</a>', region="110000"),
        }
    )
    assert documents[0].region_code == "420100"


def test_an_article_that_is_a_file_after_all_is_a_document():
    documents, *_ = walk({f"{BASE}/": list_page(("/get?id=1", "示例局2026年部门预算")), f"{BASE}/get?id=1": b"%PDF-1.4 x"})
    assert [document.kind for document in documents] == ["file"]


def test_an_article_of_page_images_is_one_document_in_order():
    images = "".join(f'<img src="./W{n}.jpg">' for n in (3, 1, 2))
    documents, *_ = walk(
        {
            f"{BASE}/": list_page(("a.html", "示例局2026年部门预算")),
            f"{BASE}/a.html": article("示例局2026年部门预算", images),
        }
    )
    (document,) = documents
    assert (document.kind, document.image_urls) == ("images", (f"{BASE}/W3.jpg", f"{BASE}/W1.jpg", f"{BASE}/W2.jpg"))


def test_an_article_of_tables_is_a_document_itself():
    body = "<table><tr><td>1</td></tr></table>" * 9
    documents, *_ = walk(
        {f"{BASE}/": list_page(("a.html", "示例局2026年部门预算")), f"{BASE}/a.html": article("示例局2026年部门预算", body)}
    )
    assert [document.kind for document in documents] == ["page"]


def test_an_article_without_its_document_is_a_finding():
    documents, findings, _ = walk(
        {f"{BASE}/": list_page(("a.html", "示例局2026年部门预算")), f"{BASE}/a.html": article("示例局2026年部门预算", "见公告栏")}
    )
    assert (documents, findings) == ([], ["no-document-found"])


def test_one_address_under_two_departments_is_fetched_once_and_told():
    documents, findings, _ = walk(
        {f"{BASE}/": list_page(("P.pdf", "示例甲局2026年部门预算"), ("P.pdf", "示例乙局2026年部门预算"))}
    )
    assert (len(documents), findings) == (1, ["same-address"])


def test_a_file_listed_on_two_pages_is_one_disclosure():
    script = 'createPageHTML(2, 0, "index", "html")'
    documents, *_ = walk(
        {
            f"{BASE}/": list_page(("P.pdf", "示例局2026年部门预算"), script=script),
            f"{BASE}/index_1.html": list_page(("P.pdf", "示例局2026年部门预算"), ("Q.pdf", "示例局2025年部门预算")),
        }
    )
    assert [document.url for document in documents] == [f"{BASE}/P.pdf", f"{BASE}/Q.pdf"]


def test_years_before_the_first_wanted_are_left_alone():
    documents, *_ = walk(
        {f"{BASE}/": list_page(("P.pdf", "示例局2016年部门预算"), ("Q.pdf", "示例局2026年部门预算"))}, first_year=2020
    )
    assert [document.fiscal_year for document in documents] == [2026]


def test_finding_nothing_in_season_is_a_finding():
    assert walk({f"{BASE}/": list_page(("x.html", "工作动态"))})[1] == ["nothing-found"]


def test_finding_nothing_out_of_season_is_none():
    assert walk({f"{BASE}/": list_page(("x.html", "工作动态"))}, season_months=(9,))[1] == []


def test_a_landing_page_that_does_not_come_is_told_once():
    assert walk({})[1] == ["http-error"]


def test_fewer_disclosures_than_expected_is_a_warning():
    assert walk({f"{BASE}/": list_page(("P.pdf", "示例局2026年部门预算"))}, expected_count=5)[1] == ["fewer-than-expected"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("<html><script>var a='EO_Bot_Ssid=';</script></html>", "blocked"),
        ('<html><body><div id="app"></div><script src="/app.js"></script></body></html>', "script-only"),
        (
            "<html><body><a href=1>1</a><a href=2>2</a><a href=3>3</a><script>window._CONFIG = {}</script></body></html>",
            "script-only",
        ),
    ],
)
def test_a_page_that_cannot_be_read_is_never_no_budget(content, kind):
    assert walk({f"{BASE}/": content})[1] == [kind]


@pytest.mark.parametrize(
    "jump",
    [
        "<meta http-equiv=Refresh content='0; url=./real/'>",
        "<html><script>window.location = '/real/';</script></html>",
        '<html><SCRIPT language="javascript">location.href="/real/";</SCRIPT></html>',
    ],
)
def test_a_redirect_in_disguise_is_followed(jump):
    documents, *_ = walk({f"{BASE}/": jump, f"{BASE}/real/": list_page(("P.pdf", "示例局2026年部门预算"))})
    assert len(documents) == 1


def test_redirects_in_disguise_that_go_in_a_circle_are_told():
    pages = {
        f"{BASE}/": "<meta http-equiv=refresh content='0;url=/b'>",
        f"{BASE}/b": "<meta http-equiv=refresh content='0;url=/'>",
    }
    assert walk(pages)[1] == ["redirect-loop"]


def test_a_list_without_end_is_given_up_and_told():
    def endless(url):
        number = int(url.rpartition("=")[2]) if "=" in url else 0
        return list_page((f"P{number}.pdf", f"示例局{2000 + number % 30}年部门预算"), (f"/?page={number + 1}", "下一页"))

    documents, findings, asked = walk(endless, max_pages=7)
    assert (len(documents), findings, len(asked)) == (7, ["too-many-pages"], 7)


def test_articles_that_breed_articles_end_at_the_depth():
    def breed(url):
        return list_page((f"{url.rstrip('/')}/x", f"示例局{2000 + len(url) % 30}年部门预算"))

    _, _, asked = walk(breed, max_depth=3)
    assert len(asked) == 4


def test_links_that_lead_nowhere_are_left_alone():
    links = [
        (href, "示例局2026年部门预算") for href in ("javascript:alert(1)", "file:///etc/passwd", "mailto:a@b.example", "#top", "")
    ]
    _, findings, asked = walk({f"{BASE}/": list_page(*links)})
    assert (asked, findings) == ([f"{BASE}/"], ["nothing-found"])


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("HTTP://Portal.Example/A.pdf", "http://portal.example/A.pdf"),
        ("http://portal.example/a.pdf?aNrfDG_N6prIHCBaAAy9blO-15Y9Jxp9XpQ==", "http://portal.example/a.pdf"),
        ("http://portal.example/a?___sys_cms_preview___=xyz&id=1", "http://portal.example/a?id=1"),
        ("http://portal.example/a;jsessionid=12?id=1", "http://portal.example/a?id=1"),
        ("http://portal.example/download.jsp?wbfileid=12148152", "http://portal.example/download.jsp?wbfileid=12148152"),
        ("http://portal.example/list?533", "http://portal.example/list?533"),
        ("http://portal.example", "http://portal.example/"),
    ],
)
def test_the_identity_of_an_address(url, key):
    assert make_key(url) == key

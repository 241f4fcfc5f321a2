"""Lists that only scripts fetch are asked for as the page itself would, and what is no list is told."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from extractors.platforms.api_lists import find_gkmlpt_lists, find_jpaas_lists, parse_answer
from extractors.platforms.page import parse_page
from extractors.platforms.reading import read_page
from extractors.titles import load_title_rules

RULES = load_title_rules()
PAGES = Path(__file__).parents[4].parent / "shared" / "corpus" / "pages"
SITE = "http://portal.example/fstyjr"
TREE = [
    {"id": 7, "name": "政策", "jump_url": "", "children": [{"id": 8, "name": "财政预决算", "jump_url": None, "children": []}]},
    {"id": 9, "name": "部门预算", "jump_url": "http://other.example/", "children": []},
]
UNIT = "/api-gateway/jpaas-publish-server/front/page/build/unit"


def gkmlpt(app=SITE, action="index", tree=None):
    tree = json.dumps(TREE) if tree is None else tree
    script = f"window._CONFIG = {{ ACTION: '{action}', APP_URL: '{app}', SID: '757050', TREE: {tree}, X: '' }};"
    return parse_page(f"<html><body><script>{script}</script></body></html>".encode(), f"{SITE}/gkmlpt/index")


def jpaas(tag="当前栏目_list", inside="", unit=UNIT):
    known = "'parseType':'bulidstatic','webId':'26','tplSetId':'T1','pageType':'column'"
    facts = f"{{{known},'tagId':'{tag}','editType':'null','pageId':'55'}}"
    markup = f'<html><body><div queryData="{facts}" unitUrl="{unit}">{inside}</div></body></html>'
    return parse_page(markup.encode(), "http://portal.example/col/col55/index.html")


def test_gkmlpt_is_asked_for_the_columns_of_budgets():
    (listed,) = find_gkmlpt_lists(gkmlpt(), RULES.is_column)
    assert (listed.url, listed.title) == (f"{SITE}/gkmlpt/api/all/8?page=1&sid=757050", "财政预决算")


@pytest.mark.parametrize(
    "options", [{"action": "content"}, {"app": "http://evil.example/x"}, {"tree": "[{"}, {"tree": "[1, null]"}]
)
def test_gkmlpt_is_not_asked_where_the_page_does_not_say_so(options):
    assert find_gkmlpt_lists(gkmlpt(**options), RULES.is_column) == []


def test_jpaas_is_asked_with_the_parameters_of_the_page():
    (listed,) = find_jpaas_lists(jpaas())
    query = parse_qs(urlsplit(listed.url).query)
    assert urlsplit(listed.url).path == UNIT
    assert {name: query[name] for name in ("webId", "pageId", "tplSetId", "tagId")} == {
        "webId": ["26"],
        "pageId": ["55"],
        "tplSetId": ["T1"],
        "tagId": ["当前栏目_list"],
    }
    assert json.loads(query["paramJson"][0]) == {"pageNo": 1, "pageSize": 50}


@pytest.mark.parametrize(
    "options",
    [{"tag": "顶部导航列表"}, {"tag": "要闻"}, {"inside": '<a href="/1">有</a>'}, {"unit": f"http://evil.example{UNIT}"}],
)
def test_jpaas_is_not_asked_for_what_is_no_list_or_is_there(options):
    assert find_jpaas_lists(jpaas(**options)) == []


def answer(value, url):
    return parse_answer(json.dumps(value).encode(), url)


GKMLPT_URL = f"{SITE}/gkmlpt/api/all/8?page=1&sid=757050"
ARTICLES = [
    {"title": f"示例局{year}年部门预算<b>", "url": f"{SITE}/gkmlpt/content/1/{year}/post_{year}.html"} for year in (2025, 2026)
]


def test_a_list_of_gkmlpt_is_read_like_a_page():
    reading = read_page(answer({"total": 2, "articles": ARTICLES}, GKMLPT_URL), RULES)
    assert [(entry.url, entry.facts.fiscal_year) for entry in reading.entries] == [
        (ARTICLES[0]["url"], 2025),
        (ARTICLES[1]["url"], 2026),
    ]
    assert (reading.next_pages, reading.missing_list) == ((), None)


def test_a_long_list_of_gkmlpt_goes_on():
    reading = read_page(answer({"total": 101, "articles": ARTICLES}, GKMLPT_URL), RULES)
    assert reading.next_pages == (f"{SITE}/gkmlpt/api/all/8?page=2&sid=757050",)


@pytest.mark.parametrize("page", ["x", "-1", "9" * 5000, ""])
def test_an_address_that_counts_wrongly_does_not_go_on(page):
    url = f"{SITE}/gkmlpt/api/all/8?page={page}&sid=1"
    assert read_page(answer({"total": 10**9, "articles": ARTICLES}, url), RULES).next_pages == ()


JPAAS_URL = f"http://portal.example{UNIT}?webId=26&tagId=list&paramJson=%7B%22pageNo%22%3A1%2C%22pageSize%22%3A2%7D"
ITEM = '<li><a href="/art/2026/art_1.html" title="示例局2026年部门预算">示例局2026…</a></li>'
LIST = f'<ul>{ITEM}<li><a href="/art/2.html">通知</a></li></ul>'


def test_a_list_of_jpaas_is_read_like_a_page():
    reading = read_page(answer({"data": {"html": LIST + "<input count='2'>"}}, JPAAS_URL), RULES)
    assert [(entry.url, entry.title) for entry in reading.entries] == [
        ("http://portal.example/art/2026/art_1.html", "示例局2026年部门预算")
    ]
    assert reading.next_pages == ()


@pytest.mark.parametrize("tail", ["<input count='3'>", ""])
def test_a_long_list_of_jpaas_goes_on(tail):
    (url,) = read_page(answer({"data": {"html": LIST + tail}}, JPAAS_URL), RULES).next_pages
    assert json.loads(parse_qs(urlsplit(url).query)["paramJson"][0]) == {"pageNo": 2, "pageSize": 2}


@pytest.mark.parametrize("url", [GKMLPT_URL, JPAAS_URL])
@pytest.mark.parametrize(
    "content", [b'{"success": false}', b'{"data": 5}', b'{"articles": "x"', b"<html>error</html>", b"[]", b""]
)
def test_an_answer_that_is_no_list_is_a_missing_list(url, content):
    reading = read_page(parse_answer(content, url), RULES)
    assert (reading.entries, bool(reading.missing_list)) == ((), True)


@pytest.mark.parametrize(("url", "value"), [(GKMLPT_URL, {"total": 0, "articles": []}), (JPAAS_URL, {"data": {"html": ""}})])
def test_an_empty_list_is_a_list(url, value):
    reading = read_page(answer(value, url), RULES)
    assert (reading.entries, reading.missing_list, reading.next_pages) == ((), None, ())


@pytest.mark.corpus
@pytest.mark.skipif(not PAGES.is_dir(), reason="../shared/corpus/pages is not here: real script-made lists are not tried")
@pytest.mark.parametrize(
    ("file", "url", "asked"),
    [
        ("佛山/退役军人局gkmlpt.html", "https://www.foshan.gov.cn/fstyjr/gkmlpt/index", "/fstyjr/gkmlpt/api/all/1492"),
        ("济南/商务局信息公开目录.html", "http://jnbusiness.jinan.gov.cn/col/col55895/index.html", UNIT),
    ],
)
def test_real_pages_name_their_lists(file, url, asked):
    reading = read_page(parse_page((PAGES / file).read_bytes(), url), RULES)
    assert asked in [urlsplit(listed.url).path for listed in reading.lists]


@pytest.mark.corpus
@pytest.mark.skipif(not PAGES.is_dir(), reason="../shared/corpus/pages is not here: real home pages are not tried")
def test_a_real_home_page_of_jpaas_asks_for_nothing():
    page = parse_page((PAGES / "宁波/交通运输局首页.html").read_bytes(), "http://jtj.ningbo.gov.cn/")
    assert read_page(page, RULES).lists == ()

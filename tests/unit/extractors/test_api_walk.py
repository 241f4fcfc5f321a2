"""Walks over portals whose lists come from an API, against a real server that answers as those platforms do."""

import json
from urllib.parse import parse_qs, urlsplit

from portal_pages import article, make_source

from extractors.discover import Disclosure, discover
from extractors.fetch import FetchLimits
from extractors.sources import open_fetcher

TITLES = [
    f"示例{letter}局{year}年部门预算" for year in range(2021, 2027) for letter in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
]
UNIT = "/api-gateway/jpaas-publish-server/front/page/build/unit"


class Answers(dict):
    """Fixed files, and a function of the address for the API."""

    def __init__(self, files, api):
        super().__init__(files)
        self.api = api

    def get(self, path, default=None):
        return super().get(path) if path in self else self.api(path)


def walk(portal, files, api):
    portal.files, portal.asked = Answers(files, api), []
    source = make_source(portal.url)
    with open_fetcher(source, limits=FetchLimits(attempts=1)) as fetcher:
        found = list(discover(source, fetcher))
    titles = [item.title for item in found if isinstance(item, Disclosure)]
    return titles, [item.finding["finding_kind"] for item in found if not isinstance(item, Disclosure)]


def articles():
    return {f"/a/post_{number}.html": article(title, f'<a href="/{number}.pdf">附件</a>') for number, title in enumerate(TITLES)}


def gkmlpt_home(portal):
    tree = json.dumps([{"id": 8, "name": "财政预决算", "jump_url": "", "children": []}])
    return f"<html><body><script>window._CONFIG = {{APP_URL: '{portal.url}', SID: '1', TREE: {tree}}}</script></body></html>"


def gkmlpt_api(portal, path):
    if not path.startswith("/gkmlpt/api/all/8?"):
        return None
    number = int(path.partition("page=")[2].partition("&")[0])
    listed = list(enumerate(TITLES))[(number - 1) * 100 : number * 100]
    entries = [{"title": title, "url": f"{portal.url}/a/post_{key}.html"} for key, title in listed]
    return json.dumps({"total": len(TITLES), "articles": entries})


def test_gkmlpt_is_walked_to_its_last_page(portal):
    titles, findings = walk(portal, {"/": gkmlpt_home(portal)} | articles(), lambda path: gkmlpt_api(portal, path))
    assert (sorted(titles), findings) == (sorted(TITLES), [])


def test_gkmlpt_whose_api_refuses_is_told(portal):
    titles, findings = walk(portal, {"/": gkmlpt_home(portal)}, lambda _: 403)
    assert (titles, findings) == ([], ["http-error"])


def test_gkmlpt_whose_api_says_something_else_is_told(portal):
    titles, findings = walk(portal, {"/": gkmlpt_home(portal)}, lambda _: '{"message": "changed"}')
    assert (titles, findings) == ([], ["script-only"])


def jpaas_home():
    facts = "{'parseType':'bulidstatic','webId':'26','tplSetId':'T','pageType':'column','tagId':'list','pageId':'55'}"
    block = f'<div id="list" class="list" queryData="{facts}" unitUrl="{UNIT}"></div>'
    return f"<html><body>{'<a href=/n>x</a>' * 3}{block}</body></html>"


def jpaas_api(path, *, knows_pages=True):
    if not path.startswith(UNIT):
        return None
    asked = json.loads(parse_qs(urlsplit(path).query)["paramJson"][0])
    number, size = (asked["pageNo"] if knows_pages else 1), asked["pageSize"]
    listed = list(enumerate(TITLES))[(number - 1) * size : number * size]
    items = "".join(f'<li><a href="/a/post_{key}.html">{title}</a></li>' for key, title in listed)
    return json.dumps({"success": True, "data": {"html": f"<ul>{items}</ul><input count='{len(TITLES)}'>"}})


def test_jpaas_is_walked_to_its_last_page(portal):
    titles, findings = walk(portal, {"/": jpaas_home()} | articles(), jpaas_api)
    assert (sorted(titles), findings) == (sorted(TITLES), [])


def test_jpaas_that_gives_its_first_page_for_ever_is_left_after_the_second_and_told(portal):
    titles, findings = walk(portal, {"/": jpaas_home()} | articles(), lambda path: jpaas_api(path, knows_pages=False))
    assert (len(titles), findings) == (50, ["script-only"])
    assert len([path for path in portal.asked if path.startswith(UNIT)]) == 2

"""Lists that a page's script would fetch: what to ask for, and the answer turned into a page like any other.

Promise: pure. Only what the two families' own pages name is asked for (gkmlpt: `_CONFIG` with its tree of columns; jpaas: the
parameters in `queryData` or `doLayPageRender`), by GET and on the same site. An answer that is not such a list stays what it is,
and its family says that a list is missing.
"""

import html
import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

from extractors.platforms.page import Page, clean_text, join_url, parse_page

GKMLPT_API = "/gkmlpt/api/all/"
JPAAS_API = "/jpaas-publish-server/front/page/build/unit"
_JPAAS_DEFAULT = f"/api-gateway{JPAAS_API}"
_APP_URL = re.compile(r"APP_URL\s*:\s*['\"]([^'\"]{1,300})['\"]")
_SID = re.compile(r"\bSID\s*:\s*['\"]?(\d{1,12})")
_ACTION = re.compile(r"\bACTION\s*:\s*['\"](\w+)['\"]")
_TREE = re.compile(r"\bTREE\s*:\s*(?=\[)")
_GKMLPT_PAGE_SIZE = 100
_PAIR = re.compile(r"[\"']?(\w{2,20})[\"']?\s*:\s*[\"']([^\"'{}]{0,200})[\"']")
_RENDER = re.compile(r"doLayPageRender\s*\([^{}]{0,200}\{([^{}]{1,1000})\}(?:\s*,\s*\{([^{}]{1,300})\})?")
# A page is built of many units: menus, banners, years. Those that hold a list are named so.
_LIST_UNIT = re.compile(r"列表|list|检索|分页|当前栏目|内容|信息公开|右侧", re.IGNORECASE)
_NO_LIST_UNIT = re.compile(r"子栏目|菜单|导航|年报|面包屑|位置|友情|头部|底部|轮播")
_NEEDED = ("webId", "pageId", "tplSetId", "tagId")
_SENT = ("parseType", "webId", "tplSetId", "pageType", "tagId", "editType", "pageId")
_JPAAS_PAGE_SIZE = 50
_MAX_UNITS = 4
_MAX_COLUMNS = 200
_COUNT = re.compile(r"(?:count|totalCount|total|rowsCount)[\"']?\s*[:=]\s*[\"']?(\d{1,7})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ApiList:
    """An address that gives a list, and the column's name where the page tells it."""

    url: str
    title: str


def find_gkmlpt_lists(page: Page, is_column: Callable[[str], bool]) -> list[ApiList]:
    """The lists of the columns of `_CONFIG.TREE` that are called like budgets."""
    app, sid, action, tree = (pattern.search(page.text) for pattern in (_APP_URL, _SID, _ACTION, _TREE))
    if app is None or sid is None or tree is None or (action is not None and action[1] == "content"):
        return []
    base = join_url(page.url, app[1]).rstrip("/")
    if urlsplit(base).netloc != urlsplit(page.url).netloc:
        return []
    columns = list(islice(_walk_tree(_read_tree(page.text[tree.end() :])), _MAX_COLUMNS))
    chosen = [(number, name) for number, name in columns if is_column(name)]
    return [ApiList(f"{base}{GKMLPT_API}{number}?page=1&sid={sid[1]}", name) for number, name in chosen]


def _read_tree(text: str) -> list[Any]:
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return []
    return value if isinstance(value, list) else []


def _walk_tree(nodes: list[Any]) -> Iterator[tuple[int, str]]:
    """(id, name) of all columns, the outer ones first; a column that leads to another site has no list here."""
    waiting = deque(nodes)
    while waiting:
        node = waiting.popleft()
        if not isinstance(node, dict):
            continue
        number, name = node.get("id"), node.get("name")
        if isinstance(number, int) and isinstance(name, str) and not node.get("jump_url"):
            yield number, clean_text(name)
        children = node.get("children")
        waiting += children if isinstance(children, list) else []


def find_jpaas_lists(page: Page) -> list[ApiList]:
    """The units of the page that hold a list, by the parameters that its script would send."""
    found: dict[str, ApiList] = {}
    for unit_url, facts in _find_units(page):
        tag = facts.get("tagId", "")
        is_list = _LIST_UNIT.search(tag) and not _NO_LIST_UNIT.search(tag)
        address = join_url(page.url, unit_url)
        if not is_list or not all(facts.get(name) for name in _NEEDED) or urlsplit(address).netloc != urlsplit(page.url).netloc:
            continue
        query = {name: facts[name] for name in _SENT if facts.get(name)}
        query["paramJson"] = json.dumps({"pageNo": 1, "pageSize": _JPAAS_PAGE_SIZE}, separators=(",", ":"))
        url = f"{address}?{urlencode(query, quote_via=quote)}"
        found.setdefault(tag, ApiList(url, page.column_name))
    return list(found.values())[:_MAX_UNITS]


def _find_units(page: Page) -> Iterator[tuple[str, dict[str, str]]]:
    """Address and parameters of every unit, those that a script renders first."""
    for match in _RENDER.finditer(page.scripts):
        facts = dict(_PAIR.findall(match[1]))
        yield facts.get("unitUrl", _JPAAS_DEFAULT), facts
    for node in page.tree.css("[querydata]"):
        facts = dict(_PAIR.findall(html.unescape(node.attributes.get("querydata") or "")))
        # A block that was filled when the page was made needs nothing.
        if not node.css_first("a[href]"):
            yield node.attributes.get("uniturl") or node.attributes.get("url") or _JPAAS_DEFAULT, facts


def parse_answer(content: bytes, url: str) -> Page:
    """The page for an answer: HTML as it is, a list in JSON as a page of its links."""
    page = parse_page(content, url)
    if not page.text.lstrip().startswith("{"):
        return page
    try:
        value = json.loads(page.text)
    except (ValueError, RecursionError):
        return page
    listed = _read_gkmlpt(value, page) if GKMLPT_API in url else _read_jpaas(value, page) if JPAAS_API in url else None
    return page if listed is None else replace(page, text=listed, is_api_list=True)


def _read_gkmlpt(value: dict[str, Any], page: Page) -> str | None:
    articles, total = value.get("articles"), value.get("total")
    if not isinstance(articles, list):
        return None
    links = [
        _link(str(entry.get("url") or entry.get("post_url") or ""), str(entry.get("title") or ""))
        for entry in articles
        if isinstance(entry, dict)
    ]
    asked = re.fullmatch(r"\d{1,6}", parse_qs(urlsplit(page.url).query).get("page", [""])[0])
    number = int(asked[0]) if asked else 1
    is_more = bool(asked) and bool(articles) and isinstance(total, int) and number * _GKMLPT_PAGE_SIZE < total
    return _to_page(links, _with_query(page.url, page=str(number + 1)) if is_more else "")


def _read_jpaas(value: dict[str, Any], page: Page) -> str | None:
    data = value.get("data")
    body = data.get("html") if isinstance(data, dict) else None
    if not isinstance(body, str):
        return None
    try:
        asked = json.loads(parse_qs(urlsplit(page.url).query).get("paramJson", ["{}"])[0])
        number, size = int(asked.get("pageNo", 1)), int(asked.get("pageSize", _JPAAS_PAGE_SIZE))
    except (ValueError, AttributeError, TypeError, RecursionError):
        return None
    count = _COUNT.search(body)
    n_links = len(replace(page, text=body).links)
    is_more = n_links > 0 and (number * size < int(count[1]) if count else n_links >= size)
    following = json.dumps({"pageNo": number + 1, "pageSize": size}, separators=(",", ":"))
    return _to_page([body], _with_query(page.url, paramJson=following) if is_more else "")


def _with_query(url: str, **values: str) -> str:
    parts = urlsplit(url)
    query = {name: found[-1] for name, found in parse_qs(parts.query, keep_blank_values=True).items()} | values
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


def _to_page(pieces: list[str], next_url: str) -> str:
    following = _link(next_url, "下一页") if next_url else ""
    return f"<html><body>{''.join(pieces)}{following}</body></html>"


def _link(url: str, title: str) -> str:
    return f'<p><a href="{html.escape(url)}">{html.escape(title)}</a></p>'

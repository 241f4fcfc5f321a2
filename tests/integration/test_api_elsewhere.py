"""The query service asked by web pages of other hosts: what they may read, and that a real browser lets them."""

import importlib.util
import shutil

import pytest
from api_server import PATIENT, run_api
from file_server import serve_files
from made_release import make_warehouse

from flows.api.browsers import SHOWN
from flows.api.limits import Limits
from flows.api.sources import WarehouseSource

pytestmark = pytest.mark.integration
ELSEWHERE = {"Origin": "https://elsewhere.example"}
# What the page notes: tag, next page and rows of an answer, whether asking with the tag brings 304, and what it may not do.
SCRIPT = """
async (address) => {
  const first = await fetch(address, {headers: {Accept: 'application/json'}});
  const page = await first.json();
  const tag = first.headers.get('ETag');
  const again = await fetch(address, {headers: {'If-None-Match': tag}, cache: 'no-store'});
  const head = await fetch(address, {method: 'HEAD'});
  const refused = await fetch(address + '&fiscal_yaer=2020');
  const tryTo = options => fetch(address, options).then(() => 'let', () => 'kept from');
  return {
    rows: page.rows.length, tag, next: first.headers.get('Link'), total: first.headers.get('Yusuan-Total'),
    again: again.status, head: head.headers.get('ETag'), nearest: (await refused.json()).errors[0].nearest[0],
    named: await tryTo({credentials: 'include'}), written: await tryTo({method: 'PUT', body: 'x'}),
  };
}
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    store = make_warehouse(tmp_path_factory.mktemp("module") / "warehouse")
    with run_api(WarehouseSource(store, tmp_path_factory.mktemp("module")), Limits(seconds=PATIENT)) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["", "/core_tables?limit=1", "/tables/core_tables", "/openapi.json", "/nothing", "/core_tables?limit=x"]
)
def test_every_answer_may_be_read_by_any_page_and_by_none_in_somebody_s_name(client, path):
    for headers in (ELSEWHERE, {}, {**ELSEWHERE, "Cookie": "a=b"}):
        answer = client.get(path, headers=headers)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")} == set(SHOWN)


def test_headers_that_carry_an_answer_s_facts_are_all_shown(client):
    answers = [
        client.get("/core_budget_lines", params={"limit": 1, "total": "true", "format": "csv"}),
        client.get("/core_budget_lines", params={"limit": 0}),
        client.get("/core_budget_lines", headers={"If-None-Match": "*"}),
    ]
    ours = {name for answer in answers for name in answer.headers if name.startswith("yusuan-")}
    assert {"yusuan-state", "yusuan-total", "yusuan-warning"} <= ours
    assert ours | {"etag", "link", "retry-after"} <= {name.lower() for name in SHOWN}


def test_an_unchanged_answer_is_still_for_any_page(client):
    answer = client.get("/core_tables", headers={"If-None-Match": "*", **ELSEWHERE})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (304, "*")


def test_a_browser_that_asks_ahead_is_told_that_reading_is_all(client):
    asked = {**ELSEWHERE, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}
    answer = client.options("/core_tables", headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    assert client.options("/core_tables", headers=ELSEWHERE).status_code == 405


@pytest.mark.skipif(
    importlib.util.find_spec("playwright") is None or shutil.which("chromium") is None,
    reason="no playwright or no chromium is here: a page of another host is not tried in a browser",
)
def test_a_page_of_another_host_reads_pages_tags_and_errors_in_a_real_browser(client):
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # where it is missing the test is skipped

    address = f"{str(client.base_url).rstrip('/')}/core_budget_lines?limit=3&total=true"
    with serve_files() as elsewhere, sync_playwright() as playwright:
        elsewhere.files = {"/": "<!doctype html><title>elsewhere</title>"}
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{elsewhere.url}/")
        seen = page.evaluate(SCRIPT, address)
        browser.close()
    direct = client.get("/core_budget_lines", params={"limit": 3, "total": "true"})
    assert seen == {
        "rows": 3,
        "tag": direct.headers["etag"],
        "next": direct.headers["link"],
        "total": "18",
        "again": 304,
        "head": direct.headers["etag"],
        "nearest": "fiscal_year",
        "named": "kept from",
        "written": "kept from",
    }

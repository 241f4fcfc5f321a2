"""Lists that only a script makes, in a real browser that has no network but ours."""

import importlib.util
import shutil

import pytest
from file_server import serve_files
from script_portal import article_page, home_page

from extractors.browser import Renderer, RenderLimits, open_renderer
from extractors.collect import collect
from extractors.discover import Disclosure, discover
from extractors.fetch import Failure, FetchLimits, Response
from extractors.sources import open_fetcher, parse_source
from warehouse.archive import Archive

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None or shutil.which("chromium") is None,
        reason="no playwright or no chromium is here: lists made by scripts are not tried in a browser",
    ),
]

TITLES = [f"示例{letter}局2026年部门预算" for letter in "甲乙丙"]
QUICK = RenderLimits(total_seconds=120, quiet_seconds=30, max_requests=10)


@pytest.fixture
def portal():
    with serve_files() as server:
        yield server


def make_source(portal, **values):
    text = f"""
id: sample
region_code: "420100"
publisher: 示例
landing_urls: ["{portal.url}/"]
politeness: {{delay_seconds: 0}}
allow_private_addresses: true
browser: true
"""
    return parse_source(text, "sample").model_copy(update=values)


def walk(portal, archive=None, **values):
    source = make_source(portal, **values)
    with open_fetcher(source, limits=FetchLimits(attempts=1)) as fetcher, open_renderer(source, fetcher) as renderer:
        found = list(discover(source, fetcher, archive, renderer=renderer))
    titles = [item.title for item in found if isinstance(item, Disclosure)]
    return titles, [item.finding["finding_kind"] for item in found if not isinstance(item, Disclosure)]


def show(portal, markup, limits=QUICK):
    """The page `markup` at the portal's root as the browser shows it."""
    source = make_source(portal)
    with open_fetcher(source, limits=FetchLimits(attempts=1)) as fetcher, Renderer(fetcher, limits) as renderer:
        return renderer.render(
            Response(f"{portal.url}/", f"{portal.url}/", 200, {}, markup.encode(), "2026-03-01T00:00:00+00:00", 0.1)
        )


def test_a_list_made_by_a_script_is_found(portal):
    portal.files = {"/": home_page(TITLES)} | {
        f"/a/{number}.html": article_page(title, number) for number, title in enumerate(TITLES)
    }
    assert walk(portal) == (TITLES, [])


def test_without_a_browser_the_same_list_is_told(portal):
    portal.files = {"/": home_page(TITLES)}
    assert walk(portal, browser=False) == ([], ["script-only"])


def test_what_was_shown_is_kept_beside_what_came(portal, tmp_path):
    portal.files = {"/": home_page(TITLES)}
    archive = Archive(tmp_path / "archive")
    walk(portal, archive)
    pages = {record.key.partition(":")[0]: record for record in archive.latest("sample", "page") if record.key.endswith("/")}
    shown = archive.path_of(pages["shown"].sha256).read_bytes().decode()
    came = archive.path_of(pages["http"].sha256).read_bytes().decode()
    assert (TITLES[0] in shown, f'title="{TITLES[0]}"' in came) == (True, False)


def test_a_list_that_was_only_shown_proves_nothing_gone(portal, tmp_path):
    archive = Archive(tmp_path / "archive")
    for titles in (TITLES, TITLES[:2]):
        pages = {f"/a/{number}.html": article_page(title, number) for number, title in enumerate(titles)}
        portal.files = {"/": home_page(titles)} | pages | {f"/{number}.pdf": b"%PDF-1.4 x" for number in range(3)}
        source = make_source(portal)
        with open_fetcher(source, limits=FetchLimits(attempts=1)) as fetcher, open_renderer(source, fetcher) as renderer:
            items = list(collect(source, fetcher, archive, renderer))
    assert {item.state for item in items} == {"unchanged"}


def test_the_browser_asks_the_page_s_own_site_only_and_never_posts(portal):
    script = """
    for (const url of ['http://elsewhere.example/x', 'http://10.0.0.1/x', 'file:///etc/passwd', '/post', '/data'])
      fetch(url, {method: url == '/post' ? 'POST' : 'GET'})
        .then(a => a.text()).then(t => document.body.append(url + ': ' + t)).catch(() => {});
    """
    portal.files = {"/data": "own data", "/post": "posted"}
    answer = show(portal, f"<html><body><script>{script}</script><img src='/picture.png'></body></html>")
    body = answer.content.decode()
    assert "/data: own data" in body
    assert {path for path in portal.asked if path != "/robots.txt"} == {"/data"}
    assert "posted" not in body.partition("</script>")[2]


def test_robots_txt_holds_for_the_browser_too(portal):
    portal.files = {"/robots.txt": "User-agent: *\nDisallow: /data\n", "/data": "own data"}
    script = """
    const add = text => document.body.append(text);
    fetch('/data').then(a => a.text()).then(t => add('got ' + t)).catch(() => add('refu' + 'sed'))
    """
    answer = show(portal, f"<html><body><script>{script}</script></body></html>")
    assert "refused" in answer.content.decode()
    assert "/data" not in portal.asked


def test_a_page_that_asks_without_end_is_bounded(portal):
    portal.files = {f"/data?{number}": "x" for number in range(1000)}
    script = "let n = 0; const more = () => fetch('/data?' + n++).catch(() => {}).then(more); more()"
    # It never falls quiet, and is taken as it is then.
    soon = QUICK.model_copy(update={"quiet_seconds": 3})
    answer = show(portal, f"<html><body><p>still here</p><script>{script}</script></body></html>", soon)
    assert "still here" in answer.content.decode()
    assert len([path for path in portal.asked if path.startswith("/data")]) <= QUICK.max_requests


def test_a_page_that_goes_elsewhere_is_not_followed(portal):
    portal.files = {"/other": "<html>other page</html>"}
    answer = show(portal, "<html><body><p>first page</p><script>location.href = '/other'</script></body></html>")
    assert not isinstance(answer, Response) or "other page" not in answer.content.decode()
    assert "/other" not in portal.asked


def test_a_browser_that_does_not_start_is_told(portal, monkeypatch, tmp_path):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    answer = show(portal, "<html></html>")
    assert isinstance(answer, Failure)
    assert answer.finding["finding_kind"] == "browser-failed"

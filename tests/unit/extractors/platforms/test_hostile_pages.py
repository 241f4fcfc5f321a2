"""Pages made to be slow or to crash a parser are read in seconds, or left."""

import time

import pytest

from extractors.platforms.page import MAX_LINKS, parse_page
from extractors.platforms.reading import read_page
from extractors.titles import load_title_rules

RULES = load_title_rules()
URL = "http://portal.example/col/col1/index.html"
TITLE = "示例局2026年部门预算"
MARKS = '<a href="/col/col1/index.html"></a>'


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param("<div>" * 300_000, id="deep nesting"),
        pytest.param("<b>" * 300_000, id="deep formatting"),
        pytest.param("<table><tr><td>" * 100_000, id="deep tables"),
        pytest.param("<li>" * 300_000, id="items left open"),
        pytest.param("<datastore>" * 300_000, id="data islands left open"),
        pytest.param("&lt;datastore&gt;" * 200_000, id="escaped data islands left open"),
        pytest.param("<script>" + "<a href='x.pdf' " * 100_000, id="anchors left open in a script"),
        pytest.param("<script>x='<a " + 'href="x" ' * 200_000, id="one anchor with many addresses"),
        pytest.param("<script>" + "'" * 2_000_000, id="quotes"),
        pytest.param("<script>'" + "a." * 1_000_000, id="a string without end"),
        pytest.param("<script>" + "createPageHTML(" * 200_000, id="calls left open"),
        pytest.param("<script>" + "location=" * 400_000, id="jumps left open"),
        pytest.param("<meta http-equiv=refresh " * 100_000, id="refreshes left open"),
        pytest.param(f"<title>{'预算-' * 1_000_000}</title>", id="a title of megabytes"),
        pytest.param(f'<meta name="ArticleTitle" content="{"部门及所属单位" * 300_000}">', id="an article title of megabytes"),
        pytest.param(f'<a href="x.html">2026年{"部门及所属单位" * 40}</a>' * 200, id="titles that backtrack"),
        pytest.param(f'<a href="x.html" title="{"预" * 10_000_000}">x</a>', id="an attribute of megabytes"),
        pytest.param(f'<a href="x.html">示例局{"1-" * 100}2026年预算</a>' * 500, id="ordinals"),
    ],
)
def test_a_hostile_page_is_read_in_seconds(markup):
    started = time.process_time()
    read_page(parse_page((MARKS + markup).encode(), URL), RULES)
    assert time.process_time() - started < 8


def test_a_page_with_too_many_links_says_so():
    page = parse_page((f'<a href="x.html">{TITLE}</a>' * (MAX_LINKS + 1)).encode(), URL)
    reading = read_page(page, RULES)
    assert reading.is_cut
    assert len(reading.entries) == 1


def test_many_names_for_one_address_stay_few():
    links = "".join(f'<a href="x.html">示例{number}号局2026年部门预算</a>' for number in range(3000))
    assert len(read_page(parse_page(links.encode(), URL), RULES).entries) <= 12


def test_script_in_a_title_stays_text():
    (entry,) = read_page(parse_page(f'<a href="x.html" title="{TITLE}&lt;script&gt;">…</a>'.encode(), URL), RULES).entries
    assert entry.title == f"{TITLE}<script>"

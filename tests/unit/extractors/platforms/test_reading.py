"""What is found on a page of each family, on small pages of our own and on the real ones of the corpus where it is there."""

import csv
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from extractors.platforms.page import join_url, parse_page
from extractors.platforms.reading import read_page
from extractors.platforms.registry import UnknownPlatformError, get_platform, guess_platform
from extractors.titles import load_title_rules

RULES = load_title_rules()
URL = "http://portal.example/zwgk/ysgk/index.html"
NAV = '<a href="/1">一</a><a href="/2">二</a><a href="/3">三</a>'
TITLE = "示例局2026年部门预算"
PAGES = Path(__file__).parents[4].parent / "shared" / "corpus" / "pages"


def read(markup, url=URL, **options):
    return read_page(parse_page((NAV + markup).encode(), url), RULES, **options)


def files(reading):
    return [entry.url.rpartition("/")[2] for entry in reading.entries]


def meta(title=TITLE):
    return f'<meta name="ArticleTitle" content="{title}">'


@pytest.mark.parametrize(
    "script",
    [
        f"""var hasFJ='<a href="./P01.pdf">{TITLE}.pdf</a>'; document.write(hasFJ)""",
        'var sPdfUrl = "/cms_files/P01.pdf";',
        'var pdfname="./P01.pdf"',
        "showVsbpdfIframe('/x/P01.pdf','100%')",
    ],
)
def test_a_file_that_only_a_script_names_is_found(script):
    assert files(read(f"{meta()}<script>{script}</script>")) == ["P01.pdf"]


def test_files_joined_in_one_string_are_each_found():
    assert files(read(f'{meta()}<script>var sPdfUrl = "/f/a.pdf#/f/b.pdf";</script>')) == ["a.pdf", "b.pdf"]


def test_code_that_only_speaks_of_files_names_none():
    assert files(read(meta() + """<script>if (u.indexOf(".pdf") != -1 || u.endsWith('.PDF')) open(u + ".pdf")</script>""")) == []


def test_a_file_of_an_article_takes_the_articles_title_where_its_link_says_nothing():
    (entry,) = read(f'{meta()}<div class="TRS_Editor"><a href="P01.pdf"><img src="down.gif"></a></div>').entries
    assert (entry.title, entry.facts.department_name) == (TITLE, "示例局")


def test_an_attachment_that_is_something_else_is_left():
    body = '<a href="a.docx">示例局2026年部门预算.docx</a><a href="b.xls">政府专项资金明细项目表.xls</a>'
    assert files(read(f'{meta()}<div class="TRS_Editor">{body}</div>')) == ["a.docx"]


def test_an_article_that_is_no_budget_keeps_its_attachments():
    assert files(read(f'{meta("示例大学财务信息公开实施细则")}<div class="TRS_Editor"><a href="P.pdf">附件</a></div>')) == []


def test_the_same_file_linked_twice_is_one():
    assert files(read(f'{meta()}<div class="TRS_Editor"><a href="P.pdf">附件</a><a href="P.pdf"><img></a></div>')) == ["P.pdf"]


def test_a_hub_of_names_alone_leads_to_each_of_them():
    names = "".join(f'<a href="http://d{n}.example/a.htm">示例{n}大学</a>' for n in range(4))
    reading = read(f'{meta("示例市教育委员会及所属单位2026年部门预算公开")}<div class="TRS_Editor">{names}</div>')
    assert [(entry.kind, entry.facts.fiscal_year, entry.facts.department_name) for entry in reading.entries] == [
        ("article", 2026, f"示例{n}大学") for n in range(4)
    ]


def table(*rows):
    return "<table>" + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows) + "</table>"


def draw(*words):
    """Words as a page of a PDF becomes when it is pasted into an editor: each an element of its own at its place."""
    return "".join(f'<div class="p" style="top:{n}pt;position:absolute;">{word}</div>' for n, word in enumerate(words))


ACCOUNTS = table(
    ("科目", "预算数"), ("事业运行", "<p>176.34</p>"), ("住房公积金", "20.89&nbsp;"), ("合计", "<span>197.23</span>")
)
FACTS = table(("索引号", "000014349/2026-00012", "分类", "20103"), ("名称", TITLE, "阅读", "1234"))
CALENDAR = table(("日", "一", "二"), *([str(day), str(day + 1), str(day + 2)] for day in range(1, 28, 3)))


@pytest.mark.parametrize(
    "body",
    [
        ACCOUNTS,
        ACCOUNTS * 2,
        table((ACCOUNTS,)),
        FACTS + ACCOUNTS,
        table(("因公出国（境）费", "公务接待费", "合计"), ("0", "3", "3")),
        draw("收支总体情况表", "单位：万元", *(f"1,{n}00.{n}0" for n in range(10))),
    ],
)
@pytest.mark.parametrize("has_meta", [True, False])
def test_an_article_that_shows_amounts_is_the_document(body, has_meta):
    reading = read(
        (meta() if has_meta else f"<title>{TITLE}</title>") + f'<div class="TRS_Editor">{body}</div>', link_title=TITLE
    )
    assert [(entry.kind, entry.url, entry.title) for entry in reading.entries] == [("page", URL, TITLE)]


@pytest.mark.parametrize(
    "body",
    [
        FACTS,
        CALENDAR + FACTS,
        table(("附件", "部门预算表"), ("大小", "12.50")),
        "今年收入176.34万元，支出176.34万元，合计352.68万元。" * 9,
        draw("收入", *(f"2026-03-{n}" for n in range(10, 30)), *"123456789"),
    ],
)
def test_a_table_that_lays_a_page_out_is_no_document(body):
    assert read(f'{meta()}<div class="TRS_Editor">{body}</div>').entries == ()


NARRATIVE = "今年收入176.34万元，支出176.34万元，合计352.68万元。" * 20


def test_pictures_of_tables_beside_a_long_text_are_the_document():
    pictures = "".join(f'<p><img src="W{n}.jpg"></p>' for n in range(1, 4))
    (entry,) = read(f'{meta()}<div class="TRS_Editor"><p>{NARRATIVE}</p>{pictures}</div>').entries
    assert (entry.kind, [url.rsplit("/")[-1] for url in entry.image_urls]) == ("images", ["W1.jpg", "W2.jpg", "W3.jpg"])


@pytest.mark.parametrize(
    "body",
    [
        f'<div class="TRS_Editor"><p>{NARRATIVE}</p><img src="a.png"><img src="b.png"></div>',
        f'<div class="TRS_Editor"><p>{NARRATIVE}</p></div><img src="a.png"><img src="b.png"><img src="c.png">',
    ],
)
def test_a_few_pictures_and_those_around_an_article_are_decoration(body):
    assert read(f"{meta()}{body}").entries == ()


def test_an_article_that_is_no_budget_keeps_its_amounts():
    assert read(f'{meta("2025年度预算执行情况的审计报告")}<div class="TRS_Editor">{ACCOUNTS}</div>').entries == ()


def test_an_article_with_its_file_is_not_the_document_too():
    assert files(read(f'{meta()}<div class="TRS_Editor">{ACCOUNTS}<a href="P01.pdf">附件</a></div>')) == ["P01.pdf"]


@pytest.mark.corpus
@pytest.mark.skipif(not PAGES.is_dir(), reason="../shared/corpus/odd is not here: a real budget that is a page is not tried")
def test_a_real_budget_that_was_drawn_into_its_article_is_the_document():
    content = (PAGES.parent / "odd" / "full_budget_as_html_烟台.html").read_bytes()
    (entry,) = read_page(parse_page(content, URL), RULES).entries
    assert (entry.kind, entry.facts.fiscal_year, entry.facts.department_name) == ("page", 2026, "烟台市退役军人事务局")


def test_neighbours_of_an_article_are_not_its_own():
    reading = read(f'{meta()}<div class="TRS_Editor"><a href="P.pdf">附件</a></div><a href="o.html">示例乙局2026年部门预算</a>')
    assert files(reading) == ["P.pdf"]


def test_a_department_named_in_the_title_and_a_year_in_the_column_are_a_heading():
    reading = read(
        '<meta name="ArticleTitle" content="示例局"><meta name="ColumnName" content="2018年部门预算"><a href="P.rar">示例局</a>'
    )
    (entry,) = reading.entries
    assert (entry.facts.department_name, entry.facts.fiscal_year) == ("示例局", 2018)


@pytest.mark.parametrize(
    ("markup", "family", "following"),
    [
        ('<script>createPageHTML(4, 0, "index", "html")</script>', "trs", "index_1.html"),
        ('<script>createPageHTML(4, 2, "index", "html")</script>', "trs", "index_3.html"),
        ('<script>createPageHTML(4, 3, "index", "html")</script>', "trs", None),
        ('<a href="content/post_1.html"></a><script>page_count=Math.ceil(29/20)</script>', "guangdong", "index_2.html"),
        ('<a href="content/post_1.html"></a><script>page_count=Math.ceil(20/20)</script>', "guangdong", None),
        ('<a href="list2.html">下一页</a>', "generic", "list2.html"),
        ('<a href="list2.html">下一页 &gt;</a>', "generic", None),
    ],
)
def test_the_next_page(markup, family, following):
    reading = read(markup)
    assert reading.platform == family
    assert [url.rpartition("/")[2] for url in reading.next_pages] == ([following] if following else [])


def test_the_next_page_of_uuid_columns():
    column = "http://portal.example/columns/f642cf94-0260-4dd4-b1da-c97ada2f2d33/index.html"
    paging = """<input type="hidden" id="pagingProp_x" value='{"page":1,"totalPages":2}'>"""
    assert read(paging, column).next_pages == (column.replace("index", "index_2"),)


@pytest.mark.parametrize("island", ["<datastore>{}</datastore>", "&lt;datastore&gt;{}&lt;/datastore&gt;"])
def test_records_of_a_data_island_are_links(island):
    record = f'<recordset><record><![CDATA[<a href="/art/2026/2/12/art_1.html" title="{TITLE}">…</a>]]></record></recordset>'
    escaped = record.replace("<", "&lt;").replace(">", "&gt;") if island.startswith("&") else record
    assert files(read(f'<script>{island.format(escaped)}</script><a href="/col/col1/index.html"></a>')) == ["art_1.html"]


@pytest.mark.parametrize(
    ("markup", "mark"),
    [
        ('<script>doLayPageRender("x", {unitUrl: "/api-gateway/jpaas-publish-server/front/page/build/unit"})</script>', "jpaas"),
        ("<script>window._CONFIG = {SID: '1'}</script>", "_CONFIG"),
    ],
)
def test_a_list_that_a_script_would_make_is_told_from_an_empty_one(markup, mark):
    assert mark in read(markup).missing_list


def test_a_familys_name_in_the_yaml_goes_before_the_pages_marks():
    page = parse_page(b'<script>createPageHTML(4, 0, "index", "html")</script>', URL)
    assert guess_platform(page).name == "trs"
    assert read_page(page, RULES, platform=get_platform("generic")).platform == "generic"


def test_an_unknown_family_is_an_error():
    with pytest.raises(UnknownPlatformError, match=r"known: .*trs"):
        get_platform("wordpress")


# On this hub each of 197 departments is a link of the same list; the manifest names 97 of them. What it leaves out is as right
# as what it names, so the page counts for recall and not for precision.
HALF_TOLD = "重庆/市级预算单位2026部门预算_财政局.html"


def measure(row):
    """(found and expected, found and not expected, expected and not found) of one page of the corpus, by address."""
    url = row["url"] or "http://unknown.invalid/page.html"
    expected = {unquote(join_url(url, target)) for target in re.findall(r"<([^<>]+)>(?: \||$)", row["expected"])}
    reading = read_page(parse_page((PAGES / row["file"]).read_bytes(), url), RULES)
    found = {unquote(entry.url) for entry in reading.entries}
    found |= {unquote(image) for entry in reading.entries for image in entry.image_urls}
    return found & expected, found - expected, expected - found


@pytest.mark.corpus
@pytest.mark.skipif(
    not PAGES.is_dir(), reason="../shared/corpus/pages is not here: recall and precision on real pages are not measured"
)
def test_recall_and_precision_on_real_pages(capsys):
    with (PAGES / "manifest.csv").open(encoding="utf-8") as file:
        results = {row["file"]: measure(row) for row in csv.DictReader(file)}
    right, missed = (sum(len(result[place]) for result in results.values()) for place in (0, 2))
    extra = {name: result[1] for name, result in results.items() if result[1]}
    n_extra = sum(len(urls) for name, urls in extra.items() if name != HALF_TOLD)
    recall, precision = right / (right + missed), right / (right + n_extra)
    with capsys.disabled():
        print(f"\n{len(results)} pages: {right} found, {missed} missed, {n_extra} too many")
        print(f"recall {recall:.4f}, precision {precision:.4f}")
        print(f"not counted as too many: {len(extra.get(HALF_TOLD, ()))} departments of {HALF_TOLD} that the manifest leaves out")
    assert recall >= 0.98
    assert precision >= 0.98
    assert len(extra.get(HALF_TOLD, ())) <= 100

"""Pages are decoded by what they are, and links are absolute."""

import pytest

from extractors.platforms.page import decode_page, is_file_url, join_url, parse_page

URL = "http://portal.example/zwgk/index.html"


@pytest.mark.parametrize("declared", ["gb2312", "gbk", "GB18030", "utf-8"])
def test_gbk_bytes_are_read_as_gb18030_whatever_is_declared(declared):
    assert "镕基预算" in decode_page(f'<meta charset="{declared}">镕基预算'.encode("gb18030"))


@pytest.mark.parametrize("declared", ["gb2312", "utf-8"])
def test_utf8_bytes_are_read_as_utf8_whatever_is_declared(declared):
    assert "预算公开" in decode_page(f'<meta charset="{declared}">预算公开'.encode())


def test_one_broken_character_does_not_turn_utf8_into_gbk():
    content = '<meta charset="utf-8">' + "部门预算公开" * 50
    assert "部门预算公开" in decode_page(content.encode() + b"\xe9\xa2")


@pytest.mark.parametrize(
    ("target", "absolute"),
    [
        ("./P01.pdf", "http://portal.example/zwgk/P01.pdf"),
        ("/a/b.html#top", "http://portal.example/a/b.html"),
        ("//other.example/a", "http://other.example/a"),
        ("..\\files\\a.pdf", "http://portal.example/files/a.pdf"),
        (" a\n.html ", "http://portal.example/zwgk/a.html"),
        ("#/overView?code=1", ""),
        ("http://portal.example/#/overView?code=1", "http://portal.example/#/overView?code=1"),
        ("javascript:void(0)", ""),
        ("JavaScript:alert(1)", ""),
        ("mailto:a@b.example", ""),
        ("file:///etc/passwd", ""),
        ("data:text/html,x", ""),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_links_become_absolute_or_nothing(target, absolute):
    assert join_url(URL, target) == absolute


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/x.PDF",
        "http://a.example/x.pdf.pdf",
        "http://a.example/x.rar?token",
        "http://a.example/system/_content/download.jsp?wbfileid=1",
        "http://a.example/filedown?WJCFLJ=b/公开表.pdf&WJMC=公开表.pdf",
    ],
)
def test_addresses_of_files(url):
    assert is_file_url(url)


@pytest.mark.parametrize("url", ["http://a.example/t1.html", "http://a.example/pdf", "http://a.example/x.pdf.html"])
def test_addresses_of_pages(url):
    assert not is_file_url(url)


def read_one_link(markup):
    (link,) = parse_page(markup.encode(), URL).links
    return link


def test_a_cut_text_gives_way_to_the_title_attribute():
    assert (
        read_one_link('<a href="a.html" title="示例局2026年部门预算公开">示例局2026年...</a>').text == "示例局2026年部门预算公开"
    )


def test_a_whole_text_stays():
    assert read_one_link('<a href="a.pdf" title="下载">示例局2026年部门预算</a>').text == "示例局2026年部门预算"


@pytest.mark.parametrize(
    "handler",
    [
        "location.href=encodeURI('../down?f=a.pdf');",
        "window.open('../down?f=a.pdf')",
        "location.href = &quot;../down?f=a.pdf&quot;",
    ],
)
def test_a_link_made_by_onclick_is_found(handler):
    link = read_one_link(f'<a href="javascript:void(0)" onclick="{handler}">表</a>')
    assert (link.url, link.is_scripted) == ("http://portal.example/down?f=a.pdf", True)


def test_links_in_the_body_of_an_article_are_told_from_the_sites_own():
    page = parse_page(b'<a href="/nav">n</a><div class="TRS_Editor"><p><a href="P.pdf">p</a></p></div>', URL)
    assert [link.is_content for link in page.links] == [False, True]


def test_meta_tags_are_read():
    tags = {"ArticleTitle": " 题目 ", "PubDate": "2026-3-2 09:00", "SiteIDCode": "4201030001"}
    page = parse_page("".join(f'<meta name="{name}" content="{value}">' for name, value in tags.items()).encode(), URL)
    assert (page.article_title, page.published_on, page.region_code) == ("题目", "2026-03-02", "420103")


def test_the_code_of_a_central_body_is_no_region():
    assert parse_page(b'<meta name="SiteIDCode" content="bm02000001">', URL).region_code == ""


def test_a_hostile_page_costs_no_time():
    attribute = "x" * 2_000_000
    page = parse_page(f'<a href="{attribute}" onclick="location.href={attribute}" title="{attribute}">t</a>'.encode(), URL)
    assert len(page.links) == 1

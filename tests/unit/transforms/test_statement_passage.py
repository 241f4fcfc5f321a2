"""The running text: lines joined over breaks, furniture left out, every character with its place."""

from transforms.narrative.passage import join_lines
from warehouse.records import PageFacts, TextLine

EM = 12.0


def make_line(text: str, page: int = 1, row: int = 3, x0: float = 72.0, x1: float | None = None) -> TextLine:
    """A line of 12-point type; full lines end at x = 540."""
    top = 60.0 + 20 * row
    return TextLine(page, text, (x0, top, x1 if x1 is not None else 540.0, top + EM))


def make_pages(count: int) -> list[PageFacts]:
    """Pages of A4 with nothing but text."""
    return [PageFacts(n, 595.0, 842.0, "narrative", 500, 0, 0, False) for n in range(1, count + 1)]


def join(*lines: TextLine) -> str:
    """The joined text."""
    return join_lines(lines, make_pages(max(line.page for line in lines))).text


def test_a_number_split_by_a_line_is_one_number() -> None:
    assert join(make_line("本年安排培训费预算三项合计支出共计为12", row=3), make_line("3.45万元。", row=4, x1=150)) == (
        "本年安排培训费预算三项合计支出共计为123.45万元。"
    )


def test_a_sentence_goes_on_over_a_page_break_and_its_page_number() -> None:
    text = join(
        make_line("某局安排的会议费预算支出与上年相比减少", page=1, row=33),
        TextLine(1, "- 7 -", (280.0, 800.0, 310.0, 812.0)),
        make_line("10万元,主要原因是会议减少。", page=2, row=3, x1=300),
    )
    assert text == "某局安排的会议费预算支出与上年相比减少10万元,主要原因是会议减少。"


def test_a_running_head_is_left_out() -> None:
    pages = [TextLine(n, f"某局{n + 2020}年度预算公开", (200.0, 40.0, 380.0, 52.0)) for n in (1, 2, 3)]
    body = [make_line(f"第{n}段说明文字写得很长很长以便占满整整一行的宽度", page=n) for n in (1, 2, 3)]
    assert "预算公开" not in join(*(line for pair in zip(pages, body, strict=True) for line in pair))


def test_a_heading_begins_a_paragraph() -> None:
    text = join(
        make_line("一、收入预算情况说明", row=3, x1=200),
        make_line("某局收入预算合计十分充足所以这一行写得相当长以便占满整行", row=4, x0=96),
    )
    assert text.split("\n")[0] == "一、收入预算情况说明"


def test_a_heading_as_long_as_a_line_is_parted_from_an_indented_paragraph() -> None:
    text = join(
        make_line("某局本级和所属各预算单位全年经费写满了整整一行", row=3),
        make_line("三、关于本级和所属各预算单位收支预算总体情况的说明", row=4, x0=96),
        make_line("收入总计9万元。", row=5, x0=96, x1=200),
    )
    assert text.split("\n")[-2:] == ["三、关于本级和所属各预算单位收支预算总体情况的说明", "收入总计9万元。"]


def test_a_page_where_every_line_opens_a_paragraph_has_the_margin_of_the_others() -> None:
    full = [make_line("某局本级和所属各预算单位全年经费写满了整整一行不留空白", row=row) for row in range(3, 9)]
    alone = [make_line("某局编制的一个自然段落写满了整整一行不留任何空白", page=2, row=3, x0=96)]
    mark = make_line("一、收支情况", page=2, row=4, x0=96, x1=170)
    assert join(*full, *alone, mark).split("\n")[-1] == "一、收支情况"


def test_a_line_that_ends_in_a_noun_is_not_parted_from_its_amount() -> None:
    full = make_line("某局本级和所属各预算单位在全年中安排使用的全部经费都在这一行写明白了", row=3)
    text = join(full, make_line("机关运行经费财政拨款预算", row=4, x1=300), make_line("89.73万元。", row=5, x1=180))
    assert "预算89.73万元" in text


def test_full_width_signs_and_white_space_are_one_width() -> None:
    assert join(make_line("收入　１，２３４．５万元（含）", x1=300)) == "收入1,234.5万元(含)"


def test_a_span_knows_its_page_and_the_part_of_the_line_it_takes() -> None:
    passage = join_lines([make_line("一二三四五12", x0=0, x1=60)], make_pages(1))
    start = passage.text.index("12")
    page, box = passage.place(start, start + 2)
    assert page == 1
    assert 49 < box[0] < 51 and box[2] == 60.0

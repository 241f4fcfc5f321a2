"""Facts of a document: titles as cities print them, labels, declarations, and the check file of a hundred real documents."""

import csv
from collections import Counter
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from transforms.document_facts import DocumentFacts, arrange_lines, is_disclosure, read_document_facts
from warehouse.codes import Region
from warehouse.records import RawCell, RawDocument, RawTable, TextLine

NOWHERE = (0.0, 0.0, 0.0, 0.0)
REGIONS = tuple(
    Region(code, name, level, parent)
    for code, name, level, parent in (
        ("110000", "北京市", 1, None),
        ("220000", "吉林省", 1, None),
        ("220100", "长春市", 2, "220000"),
        ("220104", "朝阳区", 3, "220100"),
        ("110105", "朝阳区", 3, "110000"),
        ("310000", "上海市", 1, None),
        ("310107", "普陀区", 3, "310000"),
        ("330000", "浙江省", 1, None),
        ("330900", "舟山市", 2, "330000"),
        ("330903", "普陀区", 3, "330900"),
        ("440000", "广东省", 1, None),
        ("440300", "深圳市", 2, "440000"),
        ("440306", "宝安区", 3, "440300"),
        ("420103", "江汉区", 3, "420100"),
        ("610100", "西安市", 2, "610000"),
        ("140302", "城区", 3, "140300"),
    )
)


def read_facts(*pages: str, title: str = "", department: str = "", captions: tuple[str, ...] = ()) -> DocumentFacts:
    """Each argument is a page, its lines divided by |."""
    return read_document_facts(lines_of(*pages), captions, title, department, REGIONS)


def lines_of(*pages: str) -> list[TextLine]:
    return [TextLine(number, line, NOWHERE) for number, page in enumerate(pages, start=1) for line in page.split("|")]


def kinds(facts: DocumentFacts) -> set[str]:
    return {str(finding["finding_kind"]) for finding in facts.findings}


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("上海市2026年市级单位预算|预算单位：上海市审计局", ("上海市审计局", 2026, "budget", "unit", "310000")),
        ("上海市普陀区2024年区级部门预算|预算主管部门：上海市普陀区人民政府万里街道办事|处",
         ("上海市普陀区人民政府万里街道办事处", 2024, "budget", "department", "310107")),
        ("上海市普陀区规划和自然|资源局|2024 年度部门决算",
         ("上海市普陀区规划和自然资源局", 2024, "final", "department", "310107")),
        ("- 1 -|北京市统计局部门 2026 年度|部门预算信息公开|目 录", ("北京市统计局", 2026, "budget", "department", "110000")),
        ("2026 年深圳市公安局（本级）部门预|算", ("深圳市公安局（本级）", 2026, "budget", "unit", "440300")),
        ("西安市公安局（汇总）|2026年部门预算公开说明", ("西安市公安局", 2026, "budget", "department", "610100")),
        ("西安市民政局 2021 年部门综合预算|目 录", ("西安市民政局", 2021, "budget", "department", "610100")),
        ("附件2|深圳市统计局2024年度部门决算", ("深圳市统计局", 2024, "final", "department", "440300")),
        ("深圳市财政局部门预算公开（2026年）", ("深圳市财政局", 2026, "budget", "department", "440300")),
        ("2026年部门预算|深圳市教育局|2026年2月", ("深圳市教育局", 2026, "budget", "department", "440300")),
        ("二〇二六年深圳市水务局部门预算", ("深圳市水务局", 2026, "budget", "department", "440300")),
        ("中共深圳市委宣传部2026年部门预算", ("中共深圳市委宣传部", 2026, "budget", "department", "440300")),
        ("深圳市财政预算评审中心2026年单位预算", ("深圳市财政预算评审中心", 2026, "budget", "unit", "440300")),
        ("2026年深圳市财政预算评审中心单位预算", ("深圳市财政预算评审中心", 2026, "budget", "unit", "440300")),
        ("2026|深圳市气象局|年部门预算情况说明", ("深圳市气象局", 2026, "budget", "department", "440300")),
        ("江汉区大数据中心 2020 年部门预算|目 录", ("江汉区大数据中心", 2020, "budget", "department", "420103")),
        ("２０２６年深圳市⽔务局部门预算", ("深圳市水务局", 2026, "budget", "department", "440300")),
    ],
)  # fmt: skip
def test_title_page(page: str, expected: tuple[str, int, str, str, str]) -> None:
    facts = read_facts(page)
    seen = (facts.department_name, facts.fiscal_year, facts.phase, facts.organisation_scope, facts.region_code)
    assert seen == expected
    assert not facts.findings


def test_title_broken_anywhere_is_the_same_title() -> None:
    title = "2026年度深圳市规划和自然资源局单位预算公开"
    for one in range(4, len(title)):  # a line of digits alone is a page number
        for other in range(one + 1, len(title)):
            facts = read_facts("|".join((title[:one], title[one:other], title[other:], "2026年1月")))
            seen = (facts.department_name, facts.fiscal_year, facts.phase, facts.organisation_scope, facts.title)
            assert seen == ("深圳市规划和自然资源局", 2026, "budget", "unit", title), (one, other)


def test_final_account_published_later_is_for_its_own_year() -> None:
    facts = read_facts("深圳市统计局 2023 年度部门决算|2024 年 8 月")
    assert facts.fiscal_year == 2023


def test_date_of_publication_is_no_year() -> None:
    facts = read_facts("深圳市统计局|部门预算|2026年2月10日", "目录")
    assert facts.fiscal_year is None
    assert "unknown-year" in kinds(facts)


def test_page_header_gives_issuer_where_there_is_no_title_page() -> None:
    facts = read_facts("深圳市水务局 2026 年度单位预算公开|- 1 -|目 录", "深圳市水务局 2026 年度单位预算公开|- 2 -|正文")
    assert (facts.department_name, facts.fiscal_year) == ("深圳市水务局", 2026)


def test_tables_alone_give_issuer_by_label_and_year_by_table_title() -> None:
    page = "部门：江苏省政协办公厅 单位：万元|收支预算总表"
    facts = read_facts(page, "部门：江苏省政协办公厅 单位：万元|2017年政府采购预算表", "部门：江苏省政协办|公厅 单位：万元")
    assert (facts.department_name, facts.fiscal_year, facts.phase) == ("江苏省政协办公厅", 2017, "budget")
    assert facts.organisation_scope == "department"


def test_label_alone_in_its_cell_has_its_value_in_the_next() -> None:
    facts = read_facts("预算01表收支总表", "部门整体支出绩效目标表|（2026年度）|部门名称|北京市审计局|总体资金情况")
    assert (facts.department_name, facts.fiscal_year, facts.region_code) == ("北京市审计局", 2026, "110000")


def test_year_in_brackets_before_a_label() -> None:
    facts = read_facts("预算12表部门整体支出绩效目标表|（2026年度） 部门名称 北京市公安局 总体资金情况（万元）")
    assert (facts.department_name, facts.fiscal_year) == ("北京市公安局", 2026)


def test_running_text_gives_issuer_last() -> None:
    facts = read_facts(
        "- 1 -", "目 录|第二部分 2019 年度部门预算表", "江苏省政协办公厅2019年度收入、支出预算总计10万元，与上年相比"
    )
    assert (facts.department_name, facts.fiscal_year) == ("江苏省政协办公厅", 2019)
    assert {e.fact: e.source for e in facts.evidence}["department_name"] == "text"


def test_two_issuers_named_equally_often_are_none() -> None:
    facts = read_facts("目录", "单位名称：深圳市统计局", "单位名称：深圳市水务局")
    assert facts.department_name is None
    assert "unknown-issuer" in kinds(facts)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("本单位无独立核算下属单位，部门预算为本级预算", "unit"),
        ("单位范围包括：深圳市统计局共1家基层单位，均已编制", "unit"),
        ("本部门由机关及下属0家基层单位组成", "department"),
        ("深圳市统计局（本级）共1家基层单位。本部门预算为汇总预算", "department"),
    ],
)
def test_declaration_decides_over_the_words_of_a_title(text: str, scope: str) -> None:
    assert read_facts("2026年深圳市统计局部门预算|目录", text).organisation_scope == scope


def test_declaration_does_not_overrule_a_unit_budget() -> None:
    assert read_facts("2026年深圳市统计局单位预算|目录", "部门汇总预算编制范围").organisation_scope == "unit"


def test_county_of_two_provinces_is_told_by_the_province_in_the_text() -> None:
    assert read_facts("朝阳区财政局2026年部门预算|目录", "位于北京市").region_code == "110105"


def test_county_of_two_provinces_without_a_hint_is_unknown() -> None:
    facts = read_facts("朝阳区财政局2026年部门预算")
    assert facts.region_code is None
    assert "unknown-region" in kinds(facts)


def test_district_office_of_a_city_authority_is_the_citys() -> None:
    assert read_facts("2026年深圳市规划和自然资源局宝安管理局部门预算").region_code == "440300"


def test_common_word_inside_a_name_is_no_region() -> None:
    assert read_facts("某某新城区管理处2026年部门预算", "目录").region_code is None


def test_short_name_needs_the_full_name_in_the_text() -> None:
    assert read_facts("北京城市副中心管理办公室2026年部门预算|目录", "北京市财政局").region_code == "110000"
    assert read_facts("北京城市副中心管理办公室2026年部门预算|目录").region_code is None


def test_central_university_has_no_region_and_that_is_no_finding() -> None:
    facts = read_facts("吉林大学2024年度部门决算|目录", "学校是教育部直属高校，位于吉林省长春市")
    assert facts.region_code is None
    assert not facts.findings


def test_central_authority_in_a_city_has_no_region() -> None:
    assert read_facts("国家税务总局北京市税务局2026年部门预算").region_code is None


def test_university_named_after_a_city_is_not_taken_for_the_citys() -> None:
    facts = read_facts("深圳理工大学2026年部门预算|目录", "位于广东省深圳市")
    assert facts.region_code is None
    assert "unknown-region" in kinds(facts)


def test_title_page_of_another_year_than_the_tables_is_told() -> None:
    facts = read_facts("深圳市统计局2025年部门预算|目录", "2026年部门收支预算总表", "2026年部门收入预算总表")
    assert facts.fiscal_year == 2025
    assert "year-differs" in kinds(facts)


def test_portal_speaks_only_where_the_document_is_silent_and_is_told() -> None:
    facts = read_facts("预算01表收支总表|部门名称：深圳市统计局", title="2026年深圳市水务局部门预算", department="深圳市水务局")
    assert (facts.department_name, facts.fiscal_year) == ("深圳市统计局", 2026)
    assert [f["message"] for f in facts.findings if f["finding_kind"] == "fact-from-portal"] == [
        "the document does not say its fiscal_year; the portal says 2026"
    ]


def test_document_overrules_the_portal() -> None:
    facts = read_facts("深圳市统计局2025年部门预算", title="2026年深圳市水务局单位预算", department="深圳市水务局")
    seen = (facts.department_name, facts.fiscal_year, facts.organisation_scope)
    assert seen == ("深圳市统计局", 2025, "department")


def test_every_fact_has_its_evidence() -> None:
    facts = read_facts("2026年深圳市统计局部门预算")
    assert {e.fact for e in facts.evidence} == {
        "department_name", "fiscal_year", "phase", "organisation_scope", "region_code", "title",
    }  # fmt: skip
    assert all(e.page == 1 for e in facts.evidence)


def test_nothing_to_read_is_unknown_and_loud() -> None:
    facts = read_facts()
    assert kinds(facts) == {"unknown-issuer", "unknown-year", "unknown-phase", "unknown-scope", "unknown-region"}
    assert not facts.evidence


@pytest.mark.parametrize(
    "page",
    [
        "济南市审计局政府信息公开申请表|申请人信息|姓名",
        "政府网站工作年度报表|（2025年度）|填报单位:山东省发展和改革委员会",
        "2026年1—2月泉州市国民经济主要指标|地方一般公共预算收入 亿元 128.48",
        "关于提前下达2026年文旅经济发展专项资金的通知|各县（市、区）财政局|支出功能科目2070199",
        "关于泉州市2025年预算执行情况及2026年预算草案的报告",
        "依申请信息公开流程图|书面形式",
    ],
)
def test_other_papers_are_no_disclosure(page: str) -> None:
    assert is_disclosure(lines_of(page)).is_disclosure is False
    assert "not-a-disclosure" in kinds(read_facts(page))


def test_title_of_a_budget_is_a_disclosure_whatever_follows() -> None:
    assert is_disclosure(lines_of("深圳市统计局2026年部门预算|申请表")).is_disclosure is True


def test_tables_alone_are_a_disclosure_by_their_terms() -> None:
    assert is_disclosure(lines_of("收支总表|基本支出|项目支出|本年收入合计")).is_disclosure is True


def test_no_text_is_no_verdict() -> None:
    assert is_disclosure([]).is_disclosure is None


def test_cells_and_captions_are_lines_in_the_order_of_the_page() -> None:
    caption = TextLine(1, "预算13表", (0, 10, 50, 20))
    cell = RawCell(1, 0, 0, 1, 1, "部门名称", (0, 30, 50, 40))
    table = RawTable(1, (1,), 1, 1, (cell,), (0, 50), (0, 30, 50, 40), "made", captions=(caption,))
    raw = RawDocument("0" * 16, (), (caption, TextLine(1, "注", (0, 50, 9, 60))), (table,))
    assert [line.text for line in arrange_lines(raw)] == ["预算13表", "部门名称", "注"]


def test_digits_in_a_taller_box_stand_where_they_are_read() -> None:
    lines = (TextLine(1, "重庆市气象局", (238, 89, 362, 112)), TextLine(1, "年部门预算情况说明", (416, 89, 603, 112)))
    raw = RawDocument("0" * 16, (), (*lines, TextLine(1, "2026", (363, 83, 415, 129))), ())
    assert "".join(line.text for line in arrange_lines(raw)) == "重庆市气象局2026年部门预算情况说明"


ROOT = Path(__file__).resolve().parents[3]
CORPUS = ROOT.parent / "shared" / "corpus" / "disclosures"
FACTS = ("department_name", "fiscal_year", "phase", "organisation_scope", "region_code")
FLOOR = 1.0  # goes up only


def read_golden() -> list[dict[str, str]]:
    with (ROOT / "tests" / "golden" / "document_facts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_lines(path: Path) -> list[TextLine]:
    """Lines of text in the order of the file, which is another order than the reader's: both must do."""
    document = pdfium.PdfDocument(path)
    try:
        texts = [document[index].get_textpage().get_text_range() for index in range(len(document))]
    finally:
        document.close()
    return [TextLine(number, line, NOWHERE) for number, text in enumerate(texts, start=1) for line in text.splitlines()]


def test_check_file_is_complete() -> None:
    rows = read_golden()
    assert len({row["file"] for row in rows}) == len(rows) == 100
    assert all(row[fact] for row in rows for fact in FACTS if fact != "region_code")
    assert {row["file"].split("/")[0] for row in rows if not row["region_code"]} == {"西南大学"}


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the corpus is not here: {CORPUS.name} beside the project")
def test_facts_of_the_real_documents_are_right() -> None:
    from warehouse.codes import load_regions  # noqa: PLC0415 - the real list, which the other tests do without

    right: Counter[str] = Counter()
    wrong: list[str] = []
    readable = 0
    for row in read_golden():
        lines = read_lines(CORPUS / row["file"])
        facts = read_document_facts(lines, (), "", "", load_regions())
        if not any(line.text.strip() for line in lines):
            assert facts.evidence == (), f"a scan says nothing: {row['file']}"
            continue
        readable += 1
        assert is_disclosure(lines).is_disclosure is True, row["file"]
        for fact in FACTS:
            value = getattr(facts, fact)
            if ("" if value is None else str(value)) == row[fact]:
                right[fact] += 1
            else:
                wrong.append(f"{row['file']}: {fact} {value!r}, is {row[fact]!r}")
    print(*(f"{fact} {right[fact]} of {readable}" for fact in FACTS), sep="\n")
    assert readable == 99
    assert min(right[fact] for fact in FACTS) / readable >= FLOOR, "\n".join(wrong)

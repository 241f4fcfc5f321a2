"""Promises inside a text of goals, one construction each."""

import pytest

from transforms.targets.prose import read_promises


def show(text: str) -> list[str]:
    found = read_promises(text).found
    return [" ".join(filter(None, (p.indicator, p.value.operator, p.value.value, p.value.value_2, p.value.unit))) for p in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("服务事项验收合格率100%", ["服务事项验收合格率 = 100 %"]),
        ("主题纪念活动不少于2次", ["主题纪念活动 ≥ 2 次"]),
        ("本年度计划完成政务信息公开委托事项1项", ["政务信息公开委托事项 = 1 项"]),
        ("值班室计划安排值班人数大于等于3人/天", ["值班人数 ≥ 3 人/天"]),
        ("《公报》发行数量大于等于42期，重印次数小于等于5次", ["发行数量 ≥ 42 期", "重印次数 ≤ 5 次"]),
        ("满意率达95%以上", ["满意率 ≥ 95 %"]),
        ("开展不少于20次培训", ["培训 ≥ 20 次"]),
        ("至少完成12份巡检报告", ["巡检报告 ≥ 12 份"]),
        ("计划2026年完成4个专项规划编制", ["专项规划编制 = 4 个"]),
        ("日均应急储备1,995万立方米，保障供应", ["日均应急储备 = 1995 万立方米"]),
        ("民事案件200件、刑事案件510件", ["民事案件 = 200 件", "刑事案件 = 510 件"]),
        ("数量指标：培训≥3次；质量指标：合格率100%", ["培训 ≥ 3 次", "合格率 = 100 %"]),
        ("预算完成率100%", ["预算完成率 = 100 %"]),
    ],
)
def test_a_clause_with_a_name_and_a_number_is_a_promise(text: str, expected: list[str]) -> None:
    assert show(text) == expected


@pytest.mark.parametrize("text", ["按时完成有关工作", "2027年12月31日前完成", "2026年开展“十五五”规划", "1、加强管理"])
def test_words_dates_and_list_marks_are_no_promise_and_nothing_to_tell(text: str) -> None:
    assert read_promises(text) == read_promises("")


@pytest.mark.parametrize("text", ["对不少于2家下属单位开展审计", "消防设计审查面积约1,000万平方米", "覆盖1.1万名建筑从业人员"])
def test_a_number_in_another_construction_is_named(text: str) -> None:
    promises = read_promises(text)
    assert promises.found == ()
    assert promises.unplaced == (text,)

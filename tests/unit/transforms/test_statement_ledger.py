"""The ledger of the running text: no number of it goes unaccounted for, and each reason is the right one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.codes import make_code_book
from transforms.narrative.concepts import Names
from transforms.narrative.ledger import NumberEntry, account_numbers, count_outcomes, cut_evidence
from transforms.narrative.lexicon import load_lexicon
from transforms.narrative.reading import read_narrative
from warehouse.metadata.models import load_fields

NAMES = Names(make_code_book({"function": [], "econ_department": [], "econ_government": []}), 2025)


def account(*paragraphs: str) -> list[tuple[str, NumberEntry]]:
    """Numbers as printed, with their entries."""
    text = "\n".join(paragraphs)
    entries = account_numbers(text, read_narrative(text, 2025, "budget", NAMES))
    return [(text[entry.start : entry.end], entry) for entry in entries]


@pytest.mark.parametrize(
    ("sentence", "number", "reason"),
    [
        ("截至2025年12月31日无变化。", "31", "date"),
        ("根据苏财预〔2018〕13号文件。", "13", "reference"),
        ("行政运行(2010301)没有安排。", "2010301", "code"),
        ("项目编码11000022Y0000004523。", "0000004523", "code"),
        ("深化“1+N”机制,加强“12345”热线。", "12345", "name"),
        ("获奖成果600余部。", "600", "approximate"),
        ("举办活动日活动1-2次。", "1", "range"),
        ("采血总量84.71吨。", "84.71", "other_unit"),
        ("单价100万元(含)以上设备没有购置。", "100万元", "threshold"),
        ("打造15分钟生活圈。", "15分", "other_word"),
        ("完成调研4次。", "4次", "unnamed_count"),
        ("惠及77.07万老人。", "77.07万", "other_unit"),
        ("联系人:王小明,电话:010-66668888。", "66668888", "personal"),
        ("3.资产情况说明", "3", "mark"),
        ("评价得分99.5,结果良好。", "99.5", "no_unit"),
    ],
)
def test_what_states_nothing_has_its_reason(sentence: str, number: str, reason: str) -> None:
    entries = dict(account("三、其他", sentence))
    assert (entries[number].outcome, entries[number].reason) == ("ignored", reason)


def test_every_reason_of_the_lexicon_is_one_that_the_warehouse_knows() -> None:
    lexicon = load_lexicon()
    sections = [rule.value for rule in lexicon.sections_ignored]
    used = {rule.reason for rule in (*lexicon.ignored, *lexicon.bare)} | {
        *sections,
        "personal",
        "staff_flow",
        "unnamed_count",
        "heading",
        "mark",
    }
    assert used == set(load_fields()["ignored_because"].enum)


@pytest.mark.parametrize(
    "sentence",
    ["预算安排,177.92万元是上年结转的项目。", "人员经费1,541.50.00万元。", "(3.5万元)已经支付。", "预算金额:88.5(万元)。"],
)
def test_a_number_with_a_unit_is_never_passed_over(sentence: str) -> None:
    assert {entry.outcome for _, entry in account("三、其他", sentence) if entry.reason != "no_unit"} <= {"statement", "unread"}
    assert any(entry.outcome != "ignored" for _, entry in account("三、其他", sentence))


@given(st.lists(st.text(alphabet="0123456789,.年月万元%人次()-第号。;:、增加减少预算为收入A表\n", max_size=60), max_size=4))
def test_every_digit_is_in_exactly_one_entry(paragraphs: list[str]) -> None:
    text = "\n".join(paragraphs)
    entries = account_numbers(text, read_narrative(text, 2025, "budget", NAMES))
    places = [place for entry in entries for place in range(entry.start, entry.end)]
    assert len(places) == len(set(places))
    assert {match.start() for match in re.finditer("[0-9]", text)} <= set(places)
    assert sum(count_outcomes(entries).values()) == len(entries)


def test_evidence_stays_inside_the_sentence_and_is_withheld_where_persons_are_named() -> None:
    text = "联系人:王小明,电话:010-66668888。神秘款项7万元,没有说明。"
    entries = account_numbers(text, read_narrative(text, 2025, "budget", NAMES))
    assert [cut_evidence(text, entry) for entry in entries] == [None, None, "神秘款项7万元,没有说明"]

"""What explains a finding, in Chinese: the values are the same, and the English is what the program says."""

import re
from importlib.resources import files
from string import Formatter

import pytest

from transforms.identities import load_identities, load_identities_across, load_identities_text
from transforms.portal.detail_words import load_details, name_subject, tell_sentence
from transforms.portal.finding_words import tell_finding
from warehouse.issues import make_finding

PLACE = "revenue_summary, 2050202 小学教育, all/total, page 8"
CHECKS = "2 failing checks (level_sum, grand_sum)"
SAYING = ("stated/told.py", "diagnose.py", "cell_changes.py", "explanations.py", "recoding.py", "blame.py")
# Sentences that the program puts together of several words.
JOINED = re.compile(r"all its amounts|out by|a digit|amounts stand one|both readers see|, the text calls|, the amounts say")


def test_every_sentence_is_one_of_the_program():
    source = " ".join(files("transforms").joinpath(name).read_text("utf-8") for name in SAYING)
    for sentence in load_details()["sentences"]:
        pieces = [piece.strip(" :,") for text, _, _, _ in Formatter().parse(sentence) for piece in text.split(";")]
        assert JOINED.search(sentence) or all(piece in source for piece in pieces), sentence


def test_every_formula_has_words():
    groups = (load_identities(), load_identities_text(), *load_identities_across().values())
    names = {formula.name for group in groups for entry in group.identities for formula in getattr(entry, "formulas", ())}
    told = {entry.partition(":")[0] for entry in load_details()["formulas"]}
    assert names <= told


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("the text states 59 %, its part of the whole is 58.9399 %", "文中为 59 %，按所述金额占总体的 58.9399 %"),
        (
            "the text states 7 万元, its cell has 8.5 万元; 1 more checks of it fail: repeated_value",
            "文中为 7 万元，表中为 8.5 万元；另有 1 项核对不成立：同一事实前后一致",
        ),
        (
            "92.82 % is 74.97 万元 divided by the current year, 80.77 万元; of the year before, 5.8 万元, it is 1292.59 %",
            "92.82 % 是 74.97 万元 除以本年数 80.77 万元 所得；以上年数 5.8 万元 为分母应为 1292.59 %",
        ),
        ("the text says increase, the amounts say less", "文中为增加，按金额是减少"),
        ("a digit 7 is missing", "少一个数字 7"),
        (
            f"the parts lack a row of 1.5, 2 万元; {PLACE.replace(', page', ' on page')} holds just that",
            "各部分中缺一行：1.5, 2 万元；收入总表，2050202 小学教育，全部资金 / 支出合计，第 8 页正是这些金额",
        ),
        ("something that no program says", None),
        ("in the table and not listed: 甲; the text states 1 万元", "表中有而文中没有列出：甲; the text states 1 万元"),
    ],
)
def test_a_sentence_is_told_with_its_values(sentence, words):
    assert tell_sentence(sentence) == words


def test_a_finding_with_an_explanation_is_chinese_throughout():
    said = "9,645.51 is read, 9646.01 万元 would fit: more than one digit differs"
    why = "read again it shows the same, but only one independent check speaks for it"
    told = tell_finding("cell-value", make_finding("cell-value", place=PLACE, said=said, checks=CHECKS, why=why)["message"], "zh")
    assert told.words == (
        "收入总表，2050202 小学教育，全部资金 / 支出合计，第 8 页：读作 9,645.51，9646.01 万元 才相符：不止一个数字不同；"
        "由此可解释 2 项不成立的勾稽（科目逐级合计、总计等于各项之和）；重读结果相同，但只有一项独立校验与之相符"
    )
    assert not told.is_english


def test_an_explanation_that_is_not_known_leaves_the_whole_message_english():
    message = make_finding("cell-value", place=PLACE, said="it is wrong", checks=CHECKS, why="the sign is the other one")[
        "message"
    ]
    assert tell_finding("cell-value", message, "zh") == (message, True)


@pytest.mark.parametrize(
    ("subject", "chinese", "english"),
    [
        (
            "kinds · general_budget_expenditure · 214 交通运输支出 · general_public_budget/basic/budget",
            "支出类型 · 一般公共预算支出表 · 214 交通运输支出 · 一般公共预算 / 基本支出 / 预算数",
            "kinds · general budget expenditure · 214 交通运输支出 · general public budget / basic / budget",
        ),
        (
            "base of zero · change.three_public.overseas_travel.percent · current_vs_prior",
            "分母为零 · “三公”经费 · 因公出国（境）费 · 增减 · 与上年相比",
            "base of zero · three public expenses · overseas travel · change · against the year before",
        ),
        ("total · revenue_summary#2 · a/b · all/total/budget", "合计 · 收入总表 2 · a/b · 全部资金 / 支出合计 / 预算数", None),
    ],
)
def test_what_a_check_is_about_is_said_in_words(subject, chinese, english):
    assert name_subject(subject, "zh") == chinese
    assert english is None or name_subject(subject, "en") == english

"""Lists of items behind an amount: what is an item, and where a list begins and ends."""

import pytest

from transforms.codes import make_code_book
from transforms.narrative.concepts import Names
from transforms.narrative.listings import find_listings
from transforms.narrative.reading import read_narrative
from warehouse.codes import load_code_list

BOOK = make_code_book({scheme: load_code_list(scheme) for scheme in ("function", "econ_department", "econ_government")})
NAMES = Names(BOOK, 2025)


def find(text):
    """Lists of a text, without the place of the statement."""
    found = find_listings(text, read_narrative(text, 2025, "budget", NAMES).statements, NAMES)
    return [(one.items, one.others, one.is_main) for one in found]


@pytest.mark.parametrize("between", [",主要包括:", "。主要包括:", ",占基本支出的80%,主要用于", "。\n主要包括"])
def test_a_list_belongs_to_the_amount_before_it(between):
    text = f"一、基本支出\n其中:人员经费9万元{between}基本工资、津贴补贴、奖金、退休费。"
    assert find(text) == [(("基本工资", "津贴补贴", "奖金", "退休费"), 0, True)]


def test_a_list_ends_with_its_sentence_and_names_keep_their_and():
    list_of_all = "公用经费9万元,包括:办公费、水费、电费及其他商品和服务支出"
    text = f"一、基本支出\n{list_of_all};项目支出3万元,用于印刷费、咨询费、差旅费、会议费。"
    assert find(text) == [(("办公费", "水费", "电费", "其他商品和服务"), 0, False)]


def test_what_is_no_name_is_counted_and_an_open_list_is_of_the_main_items():
    text = "一、基本支出\n公用经费9万元,包括办公费、水费、电费、差旅费、某某杂费等支出。"
    assert find(text) == [(("办公费", "水费", "电费", "差旅费"), 1, True)]


def test_few_items_are_examples():
    assert find("一、基本支出\n公用经费9万元,主要包括:办公费、水费、某费、另费。") == []

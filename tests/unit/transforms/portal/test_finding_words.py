"""Findings in Chinese hold the values of their English message, or stay English."""

from string import Formatter

import pytest

from transforms.portal.finding_words import load_messages, tell_finding
from warehouse.issues import load_finding_kinds, make_finding

# Values that are told in Chinese themselves; the tests of their words are those of test_detail_words.py.
TOLD = {"said", "why", "place", "checks", "check", "subject", "others", "table_type"}


def list_names(kind):
    return [name for _, name, _, _ in Formatter().parse(load_finding_kinds()[kind].message) if name]


@pytest.mark.parametrize("kind", sorted(load_messages()))
def test_every_value_of_a_message_stands_in_its_chinese_sentence(kind):
    values = {name: f"值{number}" for number, name in enumerate(list_names(kind), start=1)}
    told = tell_finding(kind, make_finding(kind, **values)["message"], "zh")
    if TOLD.isdisjoint(values.keys() - {"table_type", "subject", "check"}):
        assert not told.is_english
        assert all(value in told.words for value in values.values())
        assert told.words == load_messages()[kind].format_map(values)
    else:
        assert told.is_english  # no sentence of the program


def test_values_that_cannot_be_told_apart_leave_the_message_as_it_is():
    message = make_finding("code-name-mismatch", code="2010301", label="甲 stands beside 乙, which is 丙", other="丁")["message"]
    assert tell_finding("code-name-mismatch", message, "zh") == (message, True)


def test_a_message_of_another_version_stays_as_it_is():
    assert tell_finding("scanned", "an older sentence", "zh") == ("an older sentence", True)


def test_a_kind_without_a_chinese_sentence_is_marked_as_english():
    message = make_finding("cell-value", place="p", said="s", checks="c", why="w")["message"]
    assert tell_finding("cell-value", message, "zh") == (message, True)


def test_what_the_program_puts_in_is_chinese_too():
    message = make_finding("missing-table", table_type="state_capital_expenditure")["message"]
    words = tell_finding("missing-table", message, "zh").words
    assert "state_capital" not in words and "国有资本" in words

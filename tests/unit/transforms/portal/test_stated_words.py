"""Everything that a text can state has words in both languages."""

import re

import pytest
from pydantic import BaseModel

from transforms.narrative.lexicon import load_lexicon
from transforms.portal.addresses import LANGUAGES
from transforms.portal.stated_words import list_headlines, name_period, name_statement, name_unit


def list_keys():
    """Keys and parts of keys of the lexicon, whatever its sections are called."""
    found: set[str] = set()

    def walk(value):
        if isinstance(value, BaseModel):
            found.update(filter(None, [getattr(value, "key", None)]))
            for name in type(value).model_fields:
                walk(getattr(value, name))
        elif isinstance(value, dict):
            for one in value.values():
                walk(one)
        elif isinstance(value, list | tuple):
            for one in value:
                walk(one)

    lexicon = load_lexicon()
    walk(lexicon)
    for section in ("contracts", "funds", "sides", "kinds", "revenues"):
        found.update(rule.value for rule in getattr(lexicon, section))
    return sorted(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_of_the_lexicon_has_words(language):
    keys = list_keys()
    assert len(keys) > 80
    for key in keys:
        for shape in (key, f"amount.{key}", f"share.{key}", f"change.{key}.amount", f"completion.{key}.percent"):
            words = name_statement(shape, language)
            assert words and "_" not in words
            assert language == "en" or re.search(r"[\u4e00-\u9fff]", words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_unit_and_period_has_words(language):
    lexicon = load_lexicon()
    assert [name_unit(rule.unit, language) for rule in lexicon.units.values()]
    for rule in (*lexicon.amount_periods, *lexicon.change_periods):
        assert name_period(rule.value, language)
    assert name_period("2025-12-31", language) == "2025-12-31"


def test_a_change_is_named_by_what_changes():
    assert name_statement("change.three_public.total.percent", "zh") == "“三公”经费合计 · 增减"
    assert name_statement("share.project", "en") == "project expenditure · share"


def test_a_part_without_words_fails():
    with pytest.raises(LookupError):
        name_statement("amount.no_such_thing", "en")


def test_headlines_are_keys_of_the_lexicon():
    assert set(list_headlines()) <= set(list_keys())

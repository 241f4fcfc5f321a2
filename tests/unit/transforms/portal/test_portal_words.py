"""Every word that a template or module asks for has both languages; every enumerated value has a word."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

import flows.portal
from transforms.portal.addresses import LANGUAGES, address_page, address_table, address_unit, make_slug, name_mark
from transforms.portal.words import load_finding_names, load_words, name_value, say
from warehouse.issues import load_finding_kinds
from warehouse.metadata.models import load_fields

SOURCES = [path for path in Path(flows.portal.__file__).parent.rglob("*") if path.suffix in {".py", ".j2"}]
ASKED = re.compile(r"""\bsay\(\s*["']([a-z_]+)["']\s*[,)]""")


def test_every_word_that_is_asked_for_is_there():
    asked = {word for path in SOURCES for word in ASKED.findall(path.read_text("utf-8"))}
    assert len(asked) > 80
    assert asked <= load_words().keys()


@pytest.mark.parametrize(
    "prefix", ["severity_", "whose_", "outcome_", "grade_means_", "part_"], ids=lambda prefix: prefix.rstrip("_")
)
def test_words_made_of_a_value_are_there(prefix):
    fields = {"severity_": "severity", "whose_": "whose", "outcome_": "outcome", "grade_means_": "grade"}
    values = load_fields()[fields[prefix]].enum if prefix in fields else ("proved", "contradicted", "misread", "unread", "other")
    assert all(say(f"{prefix}{value}", language) for value in values for language in LANGUAGES)


def test_a_word_that_is_not_there_fails():
    with pytest.raises(LookupError):
        say("no_such_word", "zh")


def test_a_value_outside_its_enumeration_fails():
    with pytest.raises(LookupError, match="fund_type"):
        name_value("fund_type", "gold", "en")


def test_values_are_said_in_both_languages():
    assert name_value("fund_type", "government_fund", "zh") == "政府性基金"
    assert name_value("fund_type", "government_fund", "en") == "government fund"


def test_finding_names_are_chinese():
    assert load_finding_names().keys() == load_finding_kinds().keys()
    assert all(re.search(r"[\u4e00-\u9fff]", name) for name in load_finding_names().values())


def test_no_template_turns_escaping_off():
    for path in files("flows.portal").joinpath("templates").iterdir():
        text = path.read_text("utf-8")
        assert "| safe" not in text
        assert "autoescape" not in text
        assert set(re.findall(r"\{\{ ([\w.]+) \| trusted", text)) <= {"drawing.inline", "linked_data"}


@pytest.mark.parametrize("name", ["../../etc/passwd", "<script>", "420103-江汉区大数据中心", "a b", "", "x" * 200, "."])
def test_an_address_is_plain_whatever_the_name(name):
    assert re.fullmatch(r"[A-Za-z0-9_-]+", make_slug(name))


def test_addresses_of_a_document():
    assert address_table("0123456789abcdef-004") == "documents/0123456789abcdef/table-004.html"
    assert address_page("0123456789abcdef", 7, "m004-1-2") == "documents/0123456789abcdef/page-7.html#m004-1-2"
    assert name_mark("0123456789abcdef-004-1-2") == "m004-1-2"
    assert address_unit("years", "2026") == "years/2026"

"""Texts of others steer nothing."""

import json

import pytest

from transforms.plain_text import drop_steering, escape_steering, replace_halves


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("预算\t2026\n", "预算\t2026\n"),
        ("\x1b[31m红\x1b[0m", "[31m红[0m"),
        ("\x1b]0;title\x07", "]0;title"),
        ("\x9b2J", "2J"),
        ("a\rb\x08\x7f", "ab"),
        ("\u202eabc\u2066", "abc"),
        ("e\u0301 \u200d", "e\u0301 \u200d"),
    ],
)
def test_dropped(text, shown):
    assert drop_steering(text) == shown


def test_json_keeps_its_value_and_steers_nothing():
    value = {"title": "\x9b\u202e预算\x7f"}
    text = escape_steering(json.dumps(value, ensure_ascii=False))
    assert json.loads(text) == value
    assert drop_steering(text) == text


def test_halves_of_characters_are_replaced_and_whole_ones_stay():
    assert replace_halves("预\ude00算\ud840") == "预\ufffd算\ufffd"
    assert replace_halves("\U00020000预算") == "\U00020000预算"

"""No digit of a printed target is dropped or made up, whatever the text."""

from hypothesis import given
from hypothesis import strategies as st

from transforms.targets.prose import read_promises
from transforms.targets.values import parse_target
from transforms.text import normalise

WORDS = ["≥", "≤", "不少于", "小于", "以上", "以内", "每年", "约", "完成", "达到", "提升", "全年", "余", "合格率", "(含)"]
NUMBERS = ["12", "3", "1,000", "97.5", "12月底前", "2026年", "m2"]
MARKS = ["/", "、", "-", "；", "。", "，", " ", "\n"]
UNITS = ["%", "次", "类", "人/天", "个工作日"]
PIECES = st.sampled_from([*WORDS, *NUMBERS, *MARKS, *UNITS])
TEXTS = st.lists(PIECES, max_size=8).map("".join)


def digits(text: str | None) -> list[str]:
    return sorted(character for character in normalise(text or "") if character.isdigit())


@given(TEXTS, st.sampled_from(["", "≥", "=", "定性"]), st.sampled_from(["", "%", "次"]))
def test_every_digit_of_a_value_is_in_its_parts(text: str, operator: str, unit: str) -> None:
    value = parse_target(text, operator, unit)
    parts = [value.value, value.value_2, value.unit, value.remark]
    assert digits("".join(part or "" for part in parts)) == digits(text)


@given(TEXTS)
def test_a_value_that_is_not_qualitative_is_a_plain_number(text: str) -> None:
    value = parse_target(text)
    if value.operator not in {None, "qualitative"}:
        assert value.value is not None
        assert value.value.replace(".", "", 1).isdecimal()


@given(TEXTS)
def test_promises_hold_only_digits_of_their_text(text: str) -> None:
    promises = read_promises(text)
    for promise in promises.found:
        assert not set(digits(promise.value.value)) - set(digits(text))

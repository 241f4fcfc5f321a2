"""The same facts in the words of other cities: `tests/golden/statement_styles.yml`, written by hand."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from transforms.codes import make_code_book
from transforms.narrative.concepts import Names
from transforms.narrative.reading import Statement, read_narrative
from warehouse.codes import load_code_list

STYLES = yaml.safe_load((Path(__file__).parents[2] / "golden" / "statement_styles.yml").read_text(encoding="utf-8"))
BOOK = make_code_book({scheme: load_code_list(scheme) for scheme in ("function", "econ_department", "econ_government")})
ARROWS = {"increase": "↑", "decrease": "↓", "unchanged": "="}


def describe(statement: Statement) -> str:
    """A statement as the file writes it."""
    value = statement.value / 10000 if statement.value is not None and statement.unit == "yuan" else statement.value
    printed = None if value is None else format(value.normalize() + 0, "f")
    period = "" if statement.period in ("current", "current_vs_prior") else f"@{statement.period}"
    return " ".join(part for part in (statement.statement_key, printed, ARROWS.get(statement.direction or ""), period) if part)


@pytest.mark.parametrize("style", STYLES, ids=[f"{number}" for number in range(1, len(STYLES) + 1)])
def test_a_reader_takes_the_same_from_it(style: dict[str, Any]) -> None:
    text = "\n".join(style["text"])
    reading = read_narrative(text, style["year"], style["phase"], Names(BOOK, style["year"]))
    assert [describe(statement) for statement in reading.statements] == style["states"]
    assert [text[unread.start : unread.end] for unread in reading.unread] == style.get("unread", [])


def test_there_are_many_styles() -> None:
    assert len(STYLES) >= 40
    assert sum(len(style["states"]) for style in STYLES) >= 300

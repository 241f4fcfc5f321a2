import re
import subprocess
import sys

import pytest

from expectations.batch import CORE_RESOURCES
from expectations.from_metadata import declare_expectations, list_locators
from warehouse.metadata.models import get_resource


@pytest.mark.parametrize("table", CORE_RESOURCES)
def test_every_constraint_of_the_metadata_is_declared_once_and_nothing_else(table: str):
    resource = get_resource(table)
    expected = {f"{table}.key"}
    for field in resource.fields:
        constraints = {
            "not_null": not field.nullable,
            "enum": bool(field.enum),
            "pattern": field.pattern is not None,
            "range": field.minimum is not None or field.maximum is not None,
            "null_explained": field.name in resource.null_only_where,
        }
        expected |= {f"{table}.{field.name}.{suffix}" for suffix, is_declared in constraints.items() if is_declared}
    names = [declaration.name for declaration in declare_expectations(table)]
    assert set(names) == expected
    assert len(names) == len(set(names))


def test_a_declaration_carries_the_words_and_meaning_of_its_field():
    (declared,) = [each for each in declare_expectations("core_budget_lines") if each.name == "core_budget_lines.phase.enum"]
    assert declared.arguments == {"column": "phase", "value_set": ["budget", "final"]}
    assert declared.reason == "budget or final account"
    assert declared.severity == "critical"


def test_a_pattern_is_matched_in_full():
    (declared,) = [each for each in declare_expectations("core_checks") if each.name == "core_checks.document_id.pattern"]
    assert declared.arguments["regex"] == r"^(?:[0-9a-f]{16})\Z"


def test_a_pattern_captures_nothing():
    (declared,) = [each for each in declare_expectations("core_budget_lines") if each.name.endswith("function_code.pattern")]
    regex = re.compile(declared.arguments["regex"])
    assert regex.groups == 0
    assert [bool(regex.match(code)) for code in ("201", "20103", "2010301", "20", "2010", "20103011")] == [True] * 3 + [False] * 3


@pytest.mark.parametrize("table", CORE_RESOURCES)
def test_rows_are_found_by_their_document_first(table: str):
    assert list_locators(table)[0] == "document_id"


def test_great_expectations_is_not_imported_before_there_is_a_batch():
    code = "import sys, expectations.run; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

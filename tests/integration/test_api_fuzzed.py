"""Schemathesis asks the query service what its own description allows, and what it does not: never a defect, and every answer is
as described. It is bounded: two dozen questions a table, the same in every run.
"""

import pytest
import schemathesis
from api_server import PATIENT, run_api
from hypothesis import HealthCheck, Phase, given, settings
from made_release import make_warehouse
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from flows.api.app import ROOT
from flows.api.limits import Limits
from flows.api.sources import WarehouseSource
from warehouse.edition import edition_resources

pytestmark = pytest.mark.integration
# In an address a number that stands where text is expected is text: such a question is sound, and answered.
UNSEEN = [negative_data_rejection]
PATHS = [ROOT, f"{ROOT}/tables/{{table}}", *(f"{ROOT}/{table}" for table in edition_resources())]


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    store = make_warehouse(tmp_path_factory.mktemp("module") / "warehouse")
    with run_api(WarehouseSource(store, tmp_path_factory.mktemp("module")), Limits(rows=50, seconds=PATIENT)) as client:
        yield schemathesis.openapi.from_url(f"{str(client.base_url).rstrip('/')}/openapi.json", timeout=PATIENT)


def test_every_operation_is_fuzzed(described):
    assert sorted(operation.ok().path for operation in described.get_all_operations()) == sorted(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_what_is_described_is_answered(described, path):
    assert ask_often(described[path]["GET"], GenerationMode.POSITIVE) <= {200, 304, 404}


@pytest.mark.parametrize("path", PATHS[2:])
def test_what_is_not_described_is_refused_as_described(described, path):
    assert 400 in ask_often(described[path]["GET"], GenerationMode.NEGATIVE)


def ask_often(operation, mode) -> set[int]:
    """The statuses of answers of which each is as described."""
    statuses = set()

    @settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=[*HealthCheck])
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        # Which places and states there are is no matter of form: a cursor is what an answer gave, a state what was committed.
        if mode is GenerationMode.POSITIVE and case.query:
            case.query = {name: "1" if name == "as_of" else value for name, value in case.query.items() if name != "cursor"}
        statuses.add(case.call_and_validate(timeout=PATIENT, excluded_checks=UNSEEN).status_code)

    ask()
    return statuses

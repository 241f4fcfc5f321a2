"""Great Expectations: suites in, judgements and pages out. The only module that imports it, and only when a batch is there.

Promise: each suite is judged over all rows of a batch at once, whatever the number of documents; an expectation that raised, or
came back without a judgement, is an UnjudgedError and never a pass; of a batch that was judged only its failures stay in memory;
nothing is sent to any host.
"""

import html
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.issues import Severity

SITE = "gx"


@dataclass(frozen=True, slots=True)
class SuiteExpectation:
    """One expectation by Great Expectations' class name, with its arguments; `notes` stand on the page beside it.

    `unless`: a column and the values of it that exempt a row.
    """

    name: str
    type: str
    arguments: Mapping[str, Any]
    severity: Severity
    notes: str
    unless: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """The rows of one batch, the columns that name a failing row (`document_id` first), and what is expected of them."""

    name: str
    rows: pa.Table
    locators: tuple[str, ...]
    expectations: tuple[SuiteExpectation, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """One failing row: its document, its place by locator column (known ones only), and the offending value as text."""

    document_id: str
    seen: str
    place: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How many values an expectation looked at, and the rows that fail it."""

    examined: int
    failures: tuple[Failure, ...]


SuiteResults = Mapping[tuple[str, str], Judgement]


class UnjudgedError(RuntimeError):
    """Great Expectations raised inside an expectation or left one out: the batch is not judged, nothing of it may be loaded."""


@dataclass(slots=True)
class Judge:
    """Great Expectations with the suites that it has met; `open_judge` makes one."""

    _gx: Any
    _context: Any
    _source: Any
    _definitions: dict[str, Any] = field(default_factory=dict)
    _batches: int = 0

    def judge(self, suites: Sequence[Suite]) -> SuiteResults:
        """Judgements of one batch by (suite name, expectation name). A suite of one name has the same expectations in each."""
        self._batches += 1
        run_name = name_batch(self._batches)
        run_id = self._gx.core.run_identifier.RunIdentifier(run_name=run_name, run_time=datetime.now(UTC))
        judgements: dict[tuple[str, str], Judgement] = {}
        for suite in suites:
            results = self._run(suite, run_id)
            judgements |= {(suite.name, name): judgement for name, judgement in _read_results(suite, results)}
        return judgements

    def _run(self, suite: Suite, run_id: Any) -> Any:
        if suite.name not in self._definitions:
            self._definitions[suite.name] = self._define(suite)
        return self._definitions[suite.name].run(
            batch_parameters={"dataframe": _to_frame(suite.rows)},
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": list(suite.locators)},
            run_id=run_id,
        )

    def _define(self, suite: Suite) -> Any:
        batch = self._source.add_dataframe_asset(suite.name).add_batch_definition_whole_dataframe("all documents")
        expected = self._gx.ExpectationSuite(
            suite.name, expectations=[_to_expectation(self._gx, each) for each in suite.expectations]
        )
        definition = self._gx.ValidationDefinition(name=suite.name, data=batch, suite=self._context.suites.add(expected))
        return self._context.validation_definitions.add(definition)


@contextmanager
def open_judge(docs_dir: Path) -> Iterator[Judge]:
    """A judge of batches; at the end the pages of all of them are in `docs_dir`/gx, which is replaced."""
    import great_expectations  # noqa: PLC0415  # costs five seconds: not before there is a batch

    site = docs_dir / SITE
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    context = _open_context(great_expectations, site)
    yield Judge(great_expectations, context, context.data_sources.add_pandas("batch"))
    context.build_data_docs(site_names=[SITE])
    # Logos, animations and a font of 4 MB that no page of ours shows.
    shutil.rmtree(site / "static", ignore_errors=True)


def name_batch(number: int) -> str:
    """What Great Expectations' pages call a batch, in an order that sorts."""
    return f"batch-{number:04}"


def _open_context(gx: Any, site: Path) -> Any:
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = gx.data_context.types.base.ProgressBarsConfig(globally=False)
    for name in list(context.get_site_names()):
        context.delete_data_docs_site(name)
    context.add_data_docs_site(site_name=SITE, site_config=_describe_site(site))
    return context


def _describe_site(site: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(site.resolve())},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False},
    }


def _to_expectation(gx: Any, expectation: SuiteExpectation) -> Any:
    _check_unescaped(expectation)
    make = getattr(gx.expectations, expectation.type)
    arguments = dict(expectation.arguments)
    if expectation.unless:
        column, values = expectation.unless
        arguments["row_condition"] = gx.expectations.row_conditions.Column(column).is_not_in(list(values))
    return make(**arguments, severity=expectation.severity, notes=expectation.notes, meta={"name": expectation.name})


def _to_frame(rows: pa.Table) -> Any:
    import pandas  # noqa: PLC0415  # comes with Great Expectations

    columns = [_escape(rows.column(name)) for name in rows.column_names]
    # Arrow types: Decimals with nulls break sums as Python objects.
    return pa.table(columns, names=rows.column_names).to_pandas(types_mapper=pandas.ArrowDtype)


def _escape(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text as HTML would show it: Great Expectations writes failing values into its pages as they are."""
    if not pa.types.is_string(column.type):
        return column
    for character, entity in _ENTITIES.items():
        column = pc.replace_substring(column, character, entity)
    return column


# The ampersand first, or the entities themselves would be escaped.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}


def _check_unescaped(expectation: SuiteExpectation) -> None:
    """What is compared with escaped text must not need escaping itself, or a right value would fail."""
    compared = "".join([*expectation.arguments.get("value_set", ()), expectation.arguments.get("regex", "")])
    if wrong := set(compared) & set(_ENTITIES):
        raise ValueError(f"{expectation.name}: compared with text that HTML escapes: {' '.join(sorted(wrong))}")


def _read_results(suite: Suite, results: Any) -> Iterable[tuple[str, Judgement]]:
    by_name = {result.expectation_config.meta["name"]: result for result in results.results}
    for expectation in suite.expectations:
        if expectation.name not in by_name:
            raise UnjudgedError(f"{suite.name}: {expectation.name} came back without a result")
        yield expectation.name, _read_result(suite, expectation, by_name[expectation.name])


def _read_result(suite: Suite, expectation: SuiteExpectation, result: Any) -> Judgement:
    details = result.result
    if "unexpected_count" not in details:
        if result.success and suite.rows.num_rows == 0:
            return Judgement(0, ())
        raise UnjudgedError(f"{suite.name}: {expectation.name} could not be evaluated: {result.exception_info}")
    failures = tuple(_to_failure(row, suite, expectation) for row in details.get("unexpected_index_list") or ())
    # Success and the rows named must tell the same story, or a failure would go unnamed.
    if len(failures) != details["unexpected_count"] or result.success != (not failures):
        raise UnjudgedError(
            f"{suite.name}: {expectation.name} fails in {details['unexpected_count']} rows, names {len(failures)}"
        )
    return Judgement(details["element_count"] - (details.get("missing_count") or 0), failures)


def _to_failure(row: Mapping[str, Any], suite: Suite, expectation: SuiteExpectation) -> Failure:
    columns = expectation.arguments.get("column_list") or [expectation.arguments["column"]]
    known = {name: _unescape(row[name]) for name in suite.locators if not _is_missing(row[name])}
    seen = ", ".join("nothing" if _is_missing(row[column]) else str(_unescape(row[column])) for column in columns)
    return Failure(str(known["document_id"]), seen, known)


def _unescape(value: Any) -> Any:
    return html.unescape(value) if isinstance(value, str) else value


def _is_missing(value: Any) -> bool:
    import pandas  # noqa: PLC0415  # comes with Great Expectations

    return bool(pandas.api.types.is_scalar(value) and pandas.isna(value))

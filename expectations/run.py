"""The judgement of a flow's documents: every expectation over a batch of them at once, and the pages that show it.

Promise: batches are of whole documents, hundreds at a time and never one each, and one judgement is made of all; of a batch only
its failures, disclosures and findings stay in memory; critical failures reject their documents and no others, warnings flag them;
an expectation that Great Expectations could not evaluate raises instead of passing; nothing is sent anywhere.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

import pyarrow as pa

from expectations import budget_lines, reconciliation
from expectations.batch import complete_tables, open_batch
from expectations.data_docs import make_offline
from expectations.from_metadata import Declaration, declare_expectations, list_locators
from expectations.results import Outcome, ValidationResult, explain_documents, to_finding, to_remainder_finding
from expectations.rules import NAMED_ROWS, Rule, RuleCount, Violation, evaluate_rules
from expectations.suites import Failure, Judge, Suite, SuiteExpectation, SuiteResults, open_judge
from expectations.summary import link_documents, write_summary
from warehouse.records import Row

RULE_SUITES: Mapping[str, tuple[Rule, ...]] = {"budget_lines": budget_lines.RULES, "reconciliation": reconciliation.RULES}

# What the first page is made from.
SHOWN_RESOURCES = ("core_disclosures", "core_findings")


@dataclass(frozen=True, slots=True)
class _Judged:
    """One expectation: how it came out, and the rows that are named."""

    outcome: Outcome
    violations: tuple[Violation, ...]


@dataclass(slots=True)
class _Progress:
    """What is kept of the batches that were judged: seconds by step, and the rows that the first page is made from."""

    judged: list[tuple[_Judged, ...]] = field(default_factory=list)
    shown: dict[str, list[pa.Table]] = field(default_factory=lambda: {name: [] for name in SHOWN_RESOURCES})
    seconds: dict[str, float] = field(default_factory=lambda: {"rules": 0.0, "great_expectations": 0.0})


def validate(tables: Mapping[str, pa.Table], docs_dir: Path, archived: Mapping[str, Path] | None = None) -> ValidationResult:
    """Judge one batch, as `validate_batches` does several."""
    return validate_batches([tables], docs_dir, archived)


def validate_batches(
    batches: Iterable[Mapping[str, pa.Table]], docs_dir: Path, archived: Mapping[str, Path] | None = None
) -> ValidationResult:
    """Judge the documents of a flow: the tables of each batch by resource name, whole documents; absent core tables are empty.

    The pages are written to `docs_dir`; pages of an earlier judgement there are replaced. `archived`: the PDF of each document_id
    that lies on this machine; the first page links to it, at the page in question. Raises BatchContractError where a table is
    not that of the metadata, UnjudgedError where Great Expectations could not evaluate an expectation, ValueError without any
    batch.
    """
    progress = _Progress()
    with open_judge(docs_dir) as judge:
        for tables in batches:
            _judge_batch(judge, tables, progress)
        started = perf_counter()
    progress.seconds["great_expectations"] += perf_counter() - started
    if not progress.judged:
        raise ValueError("there is no batch to judge")
    shown = {name: pa.concat_tables(parts) for name, parts in progress.shown.items()}
    result = _conclude(_merge(progress.judged), shown, progress.seconds, docs_dir)
    write_summary(result, shown, docs_dir, link_documents(archived or {}, docs_dir))
    make_offline(docs_dir)
    return result


def _judge_batch(judge: Judge, tables: Mapping[str, pa.Table], progress: _Progress) -> None:
    started = perf_counter()
    core = complete_tables(tables)
    counts, violations = _evaluate_domain(tables)
    counted = perf_counter()
    progress.judged.append(_judge(judge, core, counts, violations))
    progress.seconds["rules"] += counted - started
    progress.seconds["great_expectations"] += perf_counter() - counted
    for name, parts in progress.shown.items():
        parts.append(core[name])


def _merge(batches: Sequence[tuple[_Judged, ...]]) -> tuple[_Judged, ...]:
    """One judgement an expectation: a document is in one batch, so that its rows are counted once."""
    return tuple(_merge_judged(same) for same in zip(*batches, strict=True))


def _merge_judged(parts: Sequence[_Judged]) -> _Judged:
    by_document = {document: number for part in parts for document, number in part.outcome.by_document.items()}
    examined = sum(part.outcome.examined for part in parts)
    outcome = replace(parts[0].outcome, examined=examined, by_document=by_document)
    return _Judged(outcome, tuple(violation for part in parts for violation in part.violations))


def _evaluate_domain(tables: Mapping[str, pa.Table]) -> tuple[tuple[RuleCount, ...], tuple[Violation, ...]]:
    with closing(open_batch(tables)) as connection:
        budget_lines.prepare_lines(connection)
        reconciliation.prepare_proof(connection)
        return evaluate_rules(connection, [rule for rules in RULE_SUITES.values() for rule in rules])


def _judge(
    judge: Judge, core: Mapping[str, pa.Table], counts: Sequence[RuleCount], violations: Sequence[Violation]
) -> tuple[_Judged, ...]:
    """Great Expectations judges the core tables as they are, and the rules by their counts per document."""
    declared = {table: declare_expectations(table) for table in core}
    suites = [_declared_suite(table, core[table], declarations) for table, declarations in declared.items()]
    suites += [_rule_suite(name, rules, counts, core["core_disclosures"]) for name, rules in RULE_SUITES.items()]
    results = judge.judge(suites)
    judged = [_read_declaration(declaration, results) for declarations in declared.values() for declaration in declarations]
    judged += [_read_rule(rule, suite, results, counts, violations) for suite, rules in RULE_SUITES.items() for rule in rules]
    return tuple(judged)


def _declared_suite(table: str, rows: pa.Table, declarations: Iterable[Declaration]) -> Suite:
    expectations = tuple(
        SuiteExpectation(d.name, d.type, d.arguments, d.severity, f"{d.title}. {d.reason}", d.unless) for d in declarations
    )
    return Suite(table, rows, list_locators(table), expectations)


def _rule_suite(suite: str, rules: Sequence[Rule], counts: Iterable[RuleCount], disclosures: pa.Table) -> Suite:
    """A frame of one row per document and one column per rule: how many rows break it, null where it applied to none."""
    expectations = tuple(
        SuiteExpectation(
            rule.name,
            "ExpectColumnValuesToBeBetween",
            {"column": rule.name, "max_value": 0},
            rule.severity,
            f"{rule.title}. {rule.reason}",
        )
        for rule in rules
    )
    violated = {(count.rule, count.document_id): count.violated for count in counts}
    documents = sorted({count.document_id for count in counts} | set(disclosures.column("document_id").to_pylist()))
    columns: dict[str, pa.Array] = {"document_id": pa.array(documents, pa.string())}
    columns |= {rule.name: pa.array([violated.get((rule.name, each)) for each in documents], pa.int64()) for rule in rules}
    return Suite(suite, pa.table(columns), ("document_id",), expectations)


def _read_declaration(declaration: Declaration, results: SuiteResults) -> _Judged:
    """Great Expectations names the failing rows itself."""
    judged = results[declaration.table, declaration.name]
    outcome = Outcome(
        name=declaration.name,
        suite=declaration.table,
        severity=declaration.severity,
        whose="extraction",
        title=declaration.title,
        title_zh=declaration.title_zh,
        reason=declaration.reason,
        examined=judged.examined,
        by_document=Counter(sorted(failure.document_id for failure in judged.failures)),
    )
    return _Judged(outcome, _name_failures(declaration, judged.failures))


def _name_failures(declaration: Declaration, failures: Iterable[Failure]) -> tuple[Violation, ...]:
    named: dict[str, list[Violation]] = defaultdict(list)
    for failure in failures:
        if len(named[failure.document_id]) < NAMED_ROWS:
            named[failure.document_id].append(_to_violation(declaration, failure))
    return tuple(violation for document_id in sorted(named) for violation in named[document_id])


def _to_violation(declaration: Declaration, failure: Failure) -> Violation:
    place = failure.place
    return Violation(
        expectation=declaration.name,
        document_id=failure.document_id,
        table_id=place.get("table_id"),
        page=place.get("page"),
        bbox=None,
        line_number=place.get("line_number"),
        column_number=place.get("column_number"),
        label=", ".join(f"{name} {value}" for name, value in place.items() if name not in _PLACED) or None,
        expected=declaration.title,
        seen=failure.seen,
    )


_PLACED = frozenset({"document_id", "table_id", "page", "line_number", "column_number"})


def _read_rule(
    rule: Rule, suite: str, results: SuiteResults, counts: Iterable[RuleCount], violations: Iterable[Violation]
) -> _Judged:
    """Great Expectations says which documents fail; the rule's own answer names the rows."""
    own = [count for count in counts if count.rule == rule.name]
    failing = {failure.document_id for failure in results[suite, rule.name].failures}
    outcome = Outcome(
        name=rule.name,
        suite=suite,
        severity=rule.severity,
        whose=rule.whose,
        title=rule.title,
        title_zh=rule.title_zh,
        reason=rule.reason,
        examined=sum(count.examined for count in own),
        by_document={count.document_id: count.violated for count in own if count.document_id in failing},
    )
    named = tuple(v for v in violations if v.expectation == rule.name and v.document_id in failing)
    return _Judged(outcome, named)


def _conclude(
    judged: Sequence[_Judged], shown: Mapping[str, pa.Table], seconds: Mapping[str, float], docs_dir: Path
) -> ValidationResult:
    outcomes = tuple(each.outcome for each in judged)
    violations = tuple(violation for each in judged for violation in each.violations)
    rejected = explain_documents(outcomes, violations, "critical")
    flagged = explain_documents(outcomes, violations, "warning")
    return ValidationResult(
        expectations=outcomes,
        violations=violations,
        rejected=rejected,
        flagged={document: why for document, why in flagged.items() if document not in rejected},
        findings=tuple(finding for each in judged for finding in _to_findings(each)),
        documents=shown["core_disclosures"].num_rows,
        seconds=dict(seconds),
        docs_index=docs_dir / "index.html",
    )


def _to_findings(judged: _Judged) -> Iterable[Row]:
    yield from (to_finding(violation, judged.outcome) for violation in judged.violations)
    for document_id, number in sorted(judged.outcome.by_document.items()):
        if number > NAMED_ROWS:
            yield to_remainder_finding(judged.outcome, document_id, number - NAMED_ROWS)

"""`yusuan checks` and `yusuan findings`: the command line of `flows.checks` and `flows.findings`."""

# ruff: noqa: PLC0415
# Imports stand inside the commands, as in flows.cli: `--help` answers at once.

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.terminal import echo_json, make_console, tell_errors


class Severity(StrEnum):
    """How grave a finding is at least."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Whose(StrEnum):
    """Whose error a finding tells of."""

    PUBLISHER = "publisher"
    EXTRACTION = "extraction"
    SOURCE = "source"
    UNDECIDED = "undecided"


class Outcome(StrEnum):
    """How an identity came out."""

    EXACT = "exact"
    ROUNDING = "rounding"
    TRUNCATION = "truncation"
    VIOLATED = "violated"
    NOT_COMPUTABLE = "not_computable"


WarehouseOption = Annotated[
    Path | None,
    typer.Option(
        "--warehouse",
        envvar="YUSUAN_WAREHOUSE",
        help="Folder of the warehouse.",
        show_default="./data/warehouse",
        file_okay=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON: every column, amounts as text.")]


@tell_errors
def checks(
    document: Annotated[
        str, typer.Argument(help="Its id or the beginning of it, its file (name or path), or a part of its title.")
    ],
    outcome: Annotated[
        list[Outcome] | None,
        typer.Option(help="List checks that came out so; may be repeated.", show_default="violated and truncation"),
    ] = None,
    identity: Annotated[str | None, typer.Option(help="Only this identity, as docs/identities.md names it.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="List every check, also those that hold.")] = False,
    as_json: JsonOption = False,
    warehouse: WarehouseOption = None,
) -> None:
    """Show how one document's arithmetic comes out: what holds, what does not, both sides with their lines and pages.

    Below it: what the document and others in the warehouse say of each other.
    """
    from flows.checks import OUTCOMES, CheckChoice, DocumentChecks, check_identity, describe_checks, render_checks
    from flows.cross_checks import describe_cross_checks, render_cross_checks, select_cross_checks
    from flows.display import find_document
    from flows.opened import open_warehouse, select_document

    check_identity(identity)
    store = open_warehouse(warehouse)
    disclosures = store.read("core_disclosures").to_pylist()
    disclosure = find_document(disclosures, document)
    names = ("core_checks", "core_budget_lines", "core_findings")
    rows = [select_document(store, name, disclosure["document_id"]).to_pylist() for name in names]
    found = DocumentChecks(disclosure, sorted(rows[0], key=lambda row: row["check_number"]), rows[1], rows[2])
    outcomes = frozenset(OUTCOMES if everything else (entry.value for entry in outcome or ()))
    choice = CheckChoice(outcomes, identity) if outcomes else CheckChoice(identity=identity)
    across = select_cross_checks(store.read("core_cross_checks").to_pylist(), disclosure["document_id"])
    if as_json:
        echo_json({**describe_checks(found, choice), "across": describe_cross_checks(across)})
        return
    make_console().print(render_checks(found, choice))
    if identity is None:
        titles = {row["document_id"]: row["title"] or row["url"] for row in disclosures}
        make_console().print(render_cross_checks(across, titles, choice.outcomes))


@tell_errors
def findings(
    document: Annotated[str | None, typer.Argument(help="Only this document's (as for `show`).")] = None,
    severity: Annotated[Severity, typer.Option(help="How grave at least.")] = Severity.WARNING,
    kind: Annotated[str | None, typer.Option(help="Only this kind.")] = None,
    whose: Annotated[Whose | None, typer.Option(help="Only errors of the publisher, of our reading, …")] = None,
    as_json: JsonOption = False,
    warehouse: WarehouseOption = None,
) -> None:
    """List what a person should look at: by document, with page, the sentence of reasoning and whose error it is."""
    from flows.display import find_document
    from flows.findings import FindingChoice, check_kind, describe_findings, filter_findings, render_findings
    from flows.opened import open_warehouse

    check_kind(kind)
    store = open_warehouse(warehouse)
    disclosures = store.read("core_disclosures").to_pylist()
    document_id = find_document(disclosures, document)["document_id"] if document else None
    choice = FindingChoice(severity.value, kind, whose.value if whose else None, document_id)
    rows = filter_findings(store.read("core_findings").to_pylist(), choice)
    if as_json:
        echo_json(describe_findings(rows, disclosures))
    else:
        make_console().print(render_findings(rows, disclosures))

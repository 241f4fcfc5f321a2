"""`yusuan`: the command line.

Promise: every error is one clear sentence with a hint; exit codes are those of `--help`; nothing heavy is imported before the
command is known (`--help` and completion answer at once).
"""

# ruff: noqa: PLC0415
# Imports stand inside the commands: prefect, duckdb, pyarrow and pandas cost seconds that `yusuan --help` need not pay.

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

import flows.archive_cli
import flows.deploy_cli
import flows.portal_cli
import flows.proof_cli
import flows.publish_cli
import flows.sources_cli
import flows.warehouse_cli
from flows.proof_cli import JsonOption, WarehouseOption
from flows.terminal import echo, echo_json, fail, make_console, name_warehouse, tell_errors
from flows.warehouse_cli import AsOfOption
from transforms.plain_text import drop_steering, escape_steering

EXIT_CODES = """
Exit codes:

  0    all good

  1    something that the command promises is missing or failed

  2    wrong usage

  3    finished, but documents were refused or a source did not answer

  130  stopped with Ctrl-C
"""

app = typer.Typer(
    name="yusuan",
    help="Yusuan (预算): from the budget disclosures of Chinese government departments to proved, traceable tables.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(flows.sources_cli.app)
app.add_typer(flows.archive_cli.app)
app.add_typer(flows.publish_cli.app)
app.add_typer(flows.portal_cli.app)
app.command()(flows.deploy_cli.deploy)
app.command()(flows.portal_cli.serve)
app.command()(flows.proof_cli.checks)
app.command()(flows.proof_cli.findings)
app.command()(flows.warehouse_cli.export)
app.command()(flows.warehouse_cli.maintain)
app.command()(flows.warehouse_cli.subscribe)


class AnswerFormat(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


FormatOption = Annotated[AnswerFormat, typer.Option("--format", "-f", help="How the answer is written.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write into, instead of the screen.", dir_okay=False)
]


def main() -> None:
    """Entry of the `yusuan` program."""
    app()


@app.command()
@tell_errors
def run(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Ids of sources; none: all that are enabled.", metavar="SOURCE")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Start the demonstration portal on this machine and run against it.")
    ] = False,
    due: Annotated[bool, typer.Option("--due", help="Of all enabled sources those in season, the others once a week.")] = False,
    release: Annotated[bool, typer.Option("--release/--no-release", help="Build the release at the end.")] = True,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Reading processes at a time.", show_default="one a processor")
    ] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Run the nightly flow: find, fetch, read, validate, load, release.

    Uses the Prefect server that PREFECT_API_URL names; without one it starts its own on this machine and ends it afterwards.
    """
    from flows.progress import report_to
    from flows.running import run_nightly
    from flows.settings import load_settings

    settings = load_settings(warehouse, workers=workers)
    console = make_console()
    with report_to(console):
        summary = run_nightly(settings, tuple(sources or ()), demo=demo, with_release=release, only_due=due)
    show_summary(summary, console)


@app.command()
@tell_errors
def process(
    paths: Annotated[list[Path], typer.Argument(help="PDF files, or folders of them.", metavar="PATH")],
    again: Annotated[bool, typer.Option("--again", help="Read also what this version has read before.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Reading processes at a time.", show_default="one a processor")
    ] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Process PDF files or folders, without a portal and without a server."""
    from flows.local import process_paths
    from flows.progress import report_to
    from flows.settings import load_settings

    settings = load_settings(warehouse, workers=workers)
    console = make_console()
    with report_to(console):
        summary = process_paths(paths, settings, again=again)
    show_summary(summary, console)


def show_summary(summary: Any, console: Any) -> NoReturn:
    """Print the account of a run and end with its exit code."""
    from flows.runs import render_text

    console.print(render_text(summary))
    raise typer.Exit(summary.exit_code)


@app.command()
@tell_errors
def query(
    sql: Annotated[str, typer.Argument(help="A question in SQL (DuckDB's dialect).", metavar="SQL")],
    answer_format: FormatOption = AnswerFormat.TABLE,
    output: OutputOption = None,
    as_of: AsOfOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Ask the warehouse in SQL.

    Tables by name: core_budget_lines, core_disclosures, …; the views out_budget_lines, out_spending_by_function and
    out_spending_by_economic cannot count a yuan twice. `yusuan query "SHOW TABLES"` lists them all. A question that adds up
    what must not be added up as it stands is answered, with a warning on standard error.
    """
    from flows.query import answer_query
    from warehouse.hazards import find_hazards

    with open_views(warehouse, as_of) as connection:
        answer = answer_query(connection, sql)
    for sentence in find_hazards(sql):
        typer.secho(f"yusuan: careful: {sentence}", err=True, fg=typer.colors.YELLOW)
    write_answer(answer, answer_format, output)


@app.command()
@tell_errors
def show(
    document: Annotated[
        str, typer.Argument(help="Its id or the beginning of it, its file (name or path), or a part of its title.")
    ],
    overlay: Annotated[
        Path | None,
        typer.Option(
            "--overlay",
            metavar="FOLDER",
            file_okay=False,
            help="Also draw what was read over the pages with tables, as pictures into this folder.",
        ),
    ] = None,
    text: Annotated[
        bool, typer.Option("--text", help="Show instead what its running text states, in order, with the checks beside it.")
    ] = False,
    as_json: JsonOption = False,
    warehouse: WarehouseOption = None,
) -> None:
    """Show what was found in one document: facts, tables, doubts; or what its text states."""
    from flows.archived import tell_origin
    from flows.display import describe_document, find_document, render_document
    from flows.opened import open_warehouse, select_document
    from flows.settings import load_settings

    store = open_warehouse(warehouse)
    disclosure = find_document(store.read("core_disclosures").to_pylist(), document)
    if text:
        show_text(store, disclosure, as_json=as_json)
    else:
        tables, findings = (select_document(store, name, disclosure["document_id"]) for name in ("core_tables", "core_findings"))
        if as_json:
            echo_json(describe_document(disclosure, tables, findings))
        else:
            make_console().print(render_document(disclosure, tables, findings))
            for line in tell_origin(load_settings(warehouse).archive_place, disclosure["document_id"]):
                echo(f"  {line}")
    if overlay is not None:
        write_overlay(store, disclosure, overlay, warehouse, tell=not as_json)


def show_text(store: Any, disclosure: Any, *, as_json: bool) -> None:
    """Print what one document's text states."""
    from flows.narrative import describe_text, render_statements, sort_text
    from flows.opened import select_document

    names = ("core_statements", "raw_narrative_numbers", "core_statement_checks", "core_findings", "core_budget_lines")
    stated = sort_text(disclosure, {name: select_document(store, name, disclosure["document_id"]).to_pylist() for name in names})
    if as_json:
        echo_json(describe_text(stated))
    else:
        make_console().print(render_statements(stated))


def write_overlay(store: Any, disclosure: Any, folder: Path, warehouse: Path | None, *, tell: bool) -> None:
    """Draw one document's pages into a folder and say where they are (not into the JSON)."""
    from flows.opened import select_document
    from flows.overlay import draw_document
    from flows.settings import load_settings
    from warehouse.archive import Archive

    names = ("raw_cells", "core_budget_lines", "core_findings")
    rows = {name: select_document(store, name, disclosure["document_id"]).to_pylist() for name in names}
    pictures = draw_document(Archive(load_settings(warehouse).archive_place), disclosure, rows, folder)
    typer.echo(f"{len(pictures)} pages drawn into {folder}", err=not tell)


@app.command()
@tell_errors
def release(warehouse: WarehouseOption = None) -> None:
    """Build the release of what is in the warehouse: Parquet, CSV, data package, dictionary."""
    from flows.lock import hold_warehouse
    from flows.opened import open_warehouse
    from flows.publish import publish_release
    from flows.settings import load_settings

    settings = load_settings(warehouse)
    store = open_warehouse(warehouse)
    with hold_warehouse(settings.warehouse):
        published = publish_release(store, settings.releases_dir, settings.releases_kept, settings.publisher)
    typer.echo(f"Release {published.version} {'built' if published.is_new else 'was there already'}: {published.folder}")


@app.command("serve-demo")
@tell_errors
def serve_demo(
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0: any free one.", show_default="18650")
    ] = None,
) -> None:
    """Serve the demonstration portal with the sample disclosures until Ctrl-C."""
    from flows.demo import serve_until_stopped
    from flows.settings import load_settings

    serve_until_stopped(load_settings(demo_port=port).demo_port, typer.echo)


@app.command()
@tell_errors
def doctor(as_json: JsonOption = False, warehouse: WarehouseOption = None) -> None:
    """Check the installation, what stands around it and the warehouse, say what to do, and show the settings.

    Exit code 1 where something is to mend.
    """
    from flows.doctor import describe_examination, examine, render_examination
    from flows.settings import load_settings

    examination = examine(load_settings(warehouse))
    if as_json:
        echo_json(describe_examination(examination))
    else:
        make_console().print(render_examination(examination))
    raise typer.Exit(0 if all(check.is_good for check in examination) else 1)


@app.command()
@tell_errors
def notify(message: Annotated[str, typer.Argument(help="One sentence.", metavar="TEXT")]) -> None:
    """Send a sentence to the web hook of YUSUAN_NOTIFY_URL: to try it, or from systemd's OnFailure."""
    from flows.notices import make_notice, send_notice
    from flows.settings import load_settings

    settings = load_settings()
    if not settings.notify_url.get_secret_value():
        fail("YUSUAN_NOTIFY_URL is not set: nobody is told of anything", 2)
    if trouble := send_notice(make_notice("message", settings, reason=message), settings):
        fail(trouble)
    typer.echo("sent")


@app.callback(invoke_without_command=True)
def set_common_options(
    context: typer.Context,
    warehouse: WarehouseOption = None,
    version: Annotated[bool, typer.Option("--version", help="Show the version and end.")] = False,
) -> None:
    """Common options: `--warehouse` may stand before the command or after it."""
    if warehouse is not None and isinstance(context.command, typer.core.TyperGroup):
        context.default_map = name_warehouse(context.command, str(warehouse))
    if version:
        from flows.engine import get_engine_version

        typer.echo(f"yusuan {get_engine_version()}")
        raise typer.Exit


def open_views(folder: Path | None, as_of: str | None) -> Any:
    """A connection with the views of the warehouse, as it is or as it was."""
    from flows.archived import register_archive
    from flows.asof import find_state
    from flows.opened import open_warehouse
    from flows.settings import load_settings
    from warehouse.views import connect

    store = open_warehouse(folder)
    connection = connect(store, find_state(store, as_of) if as_of else None)
    register_archive(connection, load_settings(folder).archive_place)
    return connection


def write_answer(answer: Any, answer_format: AnswerFormat, output: Path | None) -> None:
    """The answer on the screen, or into a file."""
    from flows.query import render_table, to_csv, to_json, to_parquet

    if answer_format is AnswerFormat.TABLE:
        if output is not None:
            fail("--output needs --format csv, json or parquet", 2)
        make_console().print(render_table(answer))
        return
    if answer_format is AnswerFormat.PARQUET:
        if output is None and sys.stdout.isatty():
            fail("Parquet is not for a screen: add --output FILE", 2)
        content = to_parquet(answer)
    else:
        text = to_csv(answer) if answer_format is AnswerFormat.CSV else escape_steering(to_json(answer)) + "\n"
        # A program gets every character of a value; a screen gets none that steers it.
        is_shown = output is None and sys.stdout.isatty()
        content = (drop_steering(text) if is_shown else text).encode()
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        output.write_bytes(content)


if __name__ == "__main__":
    main()

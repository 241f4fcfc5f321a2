"""The reference pages of the documentation, generated from what the program itself uses.

Promise: commands, settings, tables, identities and findings stand here because they exist; nothing is typed in by hand, so that
nothing can be out of date.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer

from transforms.identities import Identity, load_identities, load_identities_across
from warehouse.dictionary import write_dictionary
from warehouse.issues import load_finding_kinds
from warehouse.metadata.models import get_resource, list_resources

_SEVERITIES = ("critical", "warning", "info")


def write_reference() -> Mapping[str, str]:
    """The pages by file name, as Markdown."""
    return {
        "commands.md": write_commands(),
        "settings.md": write_settings(),
        "tables.md": write_tables(),
        "identities.md": write_identities(),
        "findings.md": write_findings(),
    }


def write_commands() -> str:
    """Every command with its help, arguments and options."""
    from flows.cli import EXIT_CODES, app  # noqa: PLC0415  # the command line imports much of flows

    group = typer.main.get_command(app)
    sections = [_describe_command(command, f"yusuan {name}") for name, command in _walk_commands(group)]
    return "\n".join(["# Commands", "", EXIT_CODES.strip(), "", *sections])


def _walk_commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _walk_commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def _describe_command(command: Any, name: str) -> str:
    lines = [f"## `{name}`", "", _unwrap(command.help or ""), ""]
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False) and parameter.name != "help"]
    if shown:
        lines += ["| argument or option | meaning |", "|---|---|"]
        lines += [f"| {_name_parameter(parameter)} | {_cell(getattr(parameter, 'help', None) or '')} |" for parameter in shown]
    return "\n".join([*lines, ""])


def _name_parameter(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    return ", ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))


def _unwrap(text: str) -> str:
    """Paragraphs on one line each, as Markdown likes them."""
    return "\n\n".join(re.sub(r"\s*\n\s*", " ", paragraph).strip() for paragraph in text.split("\n\n"))


def write_settings() -> str:
    """Every setting with its variable, default and meaning."""
    from flows.settings import Settings, name_variable  # noqa: PLC0415  # reads the environment machinery

    lines = ["# Settings", "", "Read from the environment; `yusuan doctor` shows the values in force.", ""]
    lines += ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default_factory is not None or not str(field.default or "") else f"`{field.default}`"
        lines.append(f"| `{name_variable(name)}` | {default} | {_cell(field.description or '')} |")
    return "\n".join([*lines, ""])


def write_tables() -> str:
    """The dictionary of all tables and views that a person may ask for."""
    names = list_resources("out", "core", "ref", "raw", "release", "system")
    return write_dictionary({name: get_resource(name).field_names for name in names})


def write_identities() -> str:
    """Every accounting identity with its title, explanation and formulas."""
    own = load_identities()
    tables = [f"- `{short}`: `{name}`" for short, name in own.tables.items()]
    parts = ["# Accounting identities", "", "What the words mean: [how numbers are proved](../identities.md).", "", *tables, ""]
    parts += [_describe_identity(identity) for identity in own.identities]
    for kind, across in load_identities_across().items():
        parts += [f"## Between documents: {kind.replace('_', ' ')}", ""]
        parts += [_describe_identity(identity) for identity in across.identities]
    return "\n".join(parts)


def _describe_identity(identity: Identity) -> str:
    formulas = ", ".join(f"*{formula.name}*" for formula in identity.formulas if formula.name)
    lines = [f"### `{identity.id}`", "", f"**{identity.title.en}** {identity.title.zh} (group {identity.group})", ""]
    lines += [identity.explanation.en, "", identity.explanation.zh, ""]
    reasons = dict.fromkeys(condition.reason for formula in identity.formulas for condition in formula.when)
    lines += [f"Formulas: {formulas}.", ""] if formulas else []
    lines += ["Not claimed where:", "", *(f"- {reason}" for reason in reasons), ""] if reasons else []
    return "\n".join(lines)


def write_findings() -> str:
    """Every kind of finding, by severity."""
    kinds = load_finding_kinds()
    lines = ["# Findings", "", "What a person should look at. `yusuan findings` lists them; words in braces are filled in.", ""]
    for severity in _SEVERITIES:
        rows: Sequence[str] = [
            f"| `{kind}` | {entry.whose} | {_cell(entry.message)} | {_cell(entry.hint)} |"
            for kind, entry in sorted(kinds.items())
            if entry.severity == severity
        ]
        lines += [f"## {severity}", "", "| kind | whose | message | what to do |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()

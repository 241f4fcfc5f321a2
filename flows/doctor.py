"""`yusuan doctor`: a look at the installation, what stands around it, and the warehouse; what is not well, and what to do.

Promise: reads only, but for a file that it makes and removes to see whether that can be done. Every check that fails says what to
do. Nothing that is shown holds a secret.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import SecretStr
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.settings import Settings, name_variable
from transforms.plain_text import hide_in_addresses


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `remedy`: what to do where it is not good."""

    what: str
    is_good: bool
    seen: str
    remedy: str = ""


def examine(settings: Settings) -> list[Check]:
    """All checks, the settings last."""
    from flows.installation import check_installation  # noqa: PLC0415  # they use Check
    from flows.surroundings import check_surroundings  # noqa: PLC0415  # only here, and only when it is asked for

    return [*check_installation(settings), *check_surroundings(settings), *list_settings(settings)]


def list_settings(settings: Settings) -> Iterator[Check]:
    """The settings in force; they were checked when they were read."""
    for name in type(settings).model_fields:
        yield Check(name_variable(name), True, _show_value(getattr(settings, name)))


def _show_value(value: object) -> str:
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else "not set"
    return "not set" if value is None or value == "" else hide_in_addresses(str(value))


def describe_examination(checks: list[Check]) -> dict[str, Any]:
    """The checks as data."""
    described = [asdict(check) | {"remedy": "" if check.is_good else check.remedy} for check in checks]
    return {"is_good": all(check.is_good for check in checks), "checks": described}


def render_examination(checks: list[Check]) -> RenderableType:
    """The checks as a list for people, what to do under each that failed."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for check in checks:
        mark = Text("ok", style="green") if check.is_good else Text("NO", style="bold red")
        grid.add_row(mark, Text(check.what), Text(check.seen))
        if not check.is_good:
            grid.add_row("", "", Text(f"→ {check.remedy}", style="yellow"))
    bad = sum(not check.is_good for check in checks)
    end = Text("All is well.", style="green") if not bad else Text(f"{bad} to mend.", style="bold red")
    return Group(grid, end)

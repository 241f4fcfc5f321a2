"""A look at the installation and the warehouse: what is there, what is not, and what to do about it."""

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.settings import Settings, name_variable

# Versions that resolve without a conflict and yet do not work together: see docs/platform.md.
_BOUNDS = {"prefect": ((3, 8, 8), (3, 10)), "fastapi": ((0,), (0, 151)), "camelot-py": ((2, 0), (2, 1))}
_FREE_BYTES = 2 << 30
_WORKER_MEMORY_PER_PROCESS = 1 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    what: str
    is_good: bool
    seen: str


def examine(settings: Settings) -> list[Check]:
    """All checks, the settings last."""
    return [check_python(), *check_versions(), check_spark(), check_writable(settings.warehouse), check_space(settings.warehouse),
            check_memory(settings.workers), *list_settings(settings)]  # fmt: skip


def check_python() -> Check:
    """The interpreter's version."""
    return Check("Python", sys.version_info >= (3, 11), sys.version.split()[0])


def check_versions() -> Iterator[Check]:
    """Packages whose versions are known to matter."""
    for package, (lowest, below) in _BOUNDS.items():
        text = importlib.metadata.version(package)
        numbers = tuple(int(part) for part in text.split(".")[:3] if part.isdigit())
        yield Check(package, lowest <= numbers < below, text)
    prefect, sqlalchemy = importlib.metadata.version("prefect"), importlib.metadata.version("sqlalchemy")
    is_bad = prefect.startswith("3.8.") and not sqlalchemy.startswith("2.0.")
    yield Check("sqlalchemy", not is_bad, f"{sqlalchemy}{': with this Prefect no scheduled run is ever made' if is_bad else ''}")


def check_spark() -> Check:
    """Beside pyspark, great_expectations ends the program silently with exit code 0."""
    there = any(distribution.name == "pyspark" for distribution in importlib.metadata.distributions())
    return Check("no pyspark beside Great Expectations", not there, "installed: remove it" if there else "not installed")


def check_writable(warehouse: Path) -> Check:
    """The warehouse, or the nearest folder above it that is there, can be written."""
    folder = next(path for path in (warehouse.resolve(), *warehouse.resolve().parents) if path.exists())
    return Check("warehouse can be written", os.access(folder, os.W_OK), str(warehouse))


def check_space(warehouse: Path) -> Check:
    """Room on the disk."""
    folder = next(path for path in (warehouse.resolve(), *warehouse.resolve().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    return Check("room on the disk", free > _FREE_BYTES, f"{free / (1 << 30):.1f} GiB free")


def check_memory(workers: int) -> Check:
    """About a gibibyte for each reading process."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Check(
        "memory for the workers", total > workers * _WORKER_MEMORY_PER_PROCESS, f"{total / (1 << 30):.1f} GiB for {workers}"
    )


def list_settings(settings: Settings) -> Iterator[Check]:
    """The settings in force; they were checked when they were read."""
    for name in type(settings).model_fields:
        yield Check(name_variable(name), True, _show_value(getattr(settings, name)))


def _show_value(value: object) -> str:
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else "not set"
    return "not set" if value is None or value == "" else str(value)


def render_examination(checks: list[Check]) -> RenderableType:
    """The checks as a list for people."""
    grid = Table.grid(padding=(0, 2))
    for check in checks:
        mark = Text("ok", style="green") if check.is_good else Text("NO", style="bold red")
        grid.add_row(mark, Text(check.what), Text(check.seen))
    bad = sum(not check.is_good for check in checks)
    end = Text("All is well.", style="green") if not bad else Text(f"{bad} to mend.", style="bold red")
    return Group(grid, end)

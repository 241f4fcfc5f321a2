"""The installed program, as `yusuan doctor` looks at it: versions, fonts, programs of this machine, the registry of sources."""

import importlib.metadata
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows.doctor import Check
from flows.engine import get_engine_version
from flows.settings import Settings

# Versions that resolve without a conflict and yet do not work together.
_BOUNDS = {"prefect": ((3, 8, 8), (3, 10)), "fastapi": ((0,), (0, 151)), "camelot-py": ((2, 0), (2, 1))}
_LOCKED = "install the locked versions: make install, or uv sync --locked"
_CHINESE = "预算"


def check_installation(settings: Settings) -> Iterator[Check]:
    """All that is installed, in the order in which it is needed."""
    yield check_python()
    yield check_engine()
    yield from check_versions()
    yield check_spark()
    yield check_zone()
    yield check_fonts()
    yield check_unpacking()
    yield from check_sources(settings)


def check_python() -> Check:
    """The interpreter's version."""
    return Check(
        "Python", sys.version_info >= (3, 11), sys.version.split()[0], "use Python 3.11 or newer: make PYTHON=python3.12 install"
    )


def check_engine() -> Check:
    """The version of the reading code: with another one every document is read again."""
    return Check("engine", True, get_engine_version())


def check_versions() -> Iterator[Check]:
    """Packages whose versions are known to matter."""
    for package, (lowest, below) in _BOUNDS.items():
        text = _find_version(package)
        numbers = tuple(int(part) for part in text.split(".")[:3] if part.isdigit())
        yield Check(package, lowest <= numbers < below, text, f"{_LOCKED} ({_name_bounds(lowest, below)})")
    prefect, sqlalchemy = _find_version("prefect"), _find_version("sqlalchemy")
    is_bad = prefect.startswith("3.8.") and not sqlalchemy.startswith("2.0.")
    seen = f"{sqlalchemy}{': with this Prefect no scheduled run is ever made' if is_bad else ''}"
    yield Check("sqlalchemy", not is_bad, seen, f"{_LOCKED} (2.0 with Prefect 3.8)")


def _find_version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _name_bounds(lowest: tuple[int, ...], below: tuple[int, ...]) -> str:
    return f"at least {'.'.join(map(str, lowest))}, below {'.'.join(map(str, below))}"


def check_spark() -> Check:
    """Beside pyspark, great_expectations ends the program silently with exit code 0."""
    there = any(distribution.name == "pyspark" for distribution in importlib.metadata.distributions())
    remedy = "remove it from this environment: uv pip uninstall pyspark"
    return Check("no pyspark beside Great Expectations", not there, "installed" if there else "not installed", remedy)


def check_zone() -> Check:
    """The time zone of the schedule and of the seasons."""
    try:
        ZoneInfo("Asia/Shanghai")
    except (ZoneInfoNotFoundError, OSError) as error:
        return Check(
            "time zone Asia/Shanghai", False, str(error), "install the time zones: apt install tzdata, or pip install tzdata"
        )
    return Check("time zone Asia/Shanghai", True, "known")


def check_fonts() -> Check:
    """The Chinese fonts that the samples are drawn with, and the folder that they are kept in once converted."""
    what = "Chinese font of the samples"
    try:
        import pylopdf_fonts_zh_cn  # noqa: PLC0415  # it may not be there
        from fontTools.ttLib import TTFont, TTLibError  # noqa: PLC0415  # only here, and only when it is asked for
    except ImportError as error:
        return Check(what, False, f"not installed ({error.name})", _LOCKED)
    try:
        with TTFont(pylopdf_fonts_zh_cn.sans_path(), lazy=True) as font:
            missing = [letter for letter in _CHINESE if ord(letter) not in font.getBestCmap()]
    except (OSError, TTLibError) as error:
        return Check(what, False, str(error), f"{_LOCKED}; the font's file is damaged or gone")
    if missing:
        return Check(what, False, f"without {' '.join(missing)}", _LOCKED)
    return _check_font_cache(what)


def _check_font_cache(what: str) -> Check:
    from samples.fonts import find_cache_folder  # noqa: PLC0415  # brings fontTools along

    folder = find_cache_folder()
    trouble = try_writing(folder)
    remedy = f"make {folder} writable for this user, or set XDG_CACHE_HOME to a folder that is; only `--demo` and the tests draw"
    return Check(what, not trouble, trouble or f"there, kept in {folder}", remedy)


def check_unpacking() -> Check:
    """What opens rar and 7z. Without it nothing fails: such bundles are kept and told."""
    from extractors.bundle_tools import find_tool  # noqa: PLC0415  # only here, and only when it is asked for

    found = {what: tool.path for what in ("rar", "7z") if (tool := find_tool(what))}
    missing = [what for what in ("rar", "7z") if what not in found]
    note = (
        f"; {' and '.join(missing)} bundles are kept and told until one is there (apt install libarchive-tools)"
        if missing
        else ""
    )
    return Check("program for rar and 7z", True, f"{', '.join(sorted(set(found.values()))) or 'none'}{note}")


def check_sources(settings: Settings) -> Iterator[Check]:
    """The registry can be read; where a source needs a browser, there is one."""
    from extractors.sources import SourceError, load_sources  # noqa: PLC0415  # only here, and only when it is asked for

    try:
        sources = load_sources(settings.sources)
    except SourceError as error:
        yield Check("sources", False, " ".join(str(error).split()), f"mend the file, or take it out of {settings.sources}")
        return
    enabled = [source for source in sources.values() if source.enabled]
    yield Check("sources", True, f"{len(sources)} known, {len(enabled)} enabled")
    asking = [source.id for source in enabled if source.browser]
    if asking:
        yield check_browser(asking)


def check_browser(source_ids: list[str]) -> Check:
    """A browser, for sources whose lists only a script makes."""
    what = "browser"
    wanted = f"for {', '.join(source_ids)}"
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  # an extra
    except ImportError:
        return Check(what, False, f"playwright is not installed, {wanted}", "pip install 'yusuan[browser]'")
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or playwright.chromium.executable_path
    there = Path(path).is_file()
    return Check(
        what, there, f"{path}{'' if there else ' is not there'}, {wanted}", "apt install chromium, or playwright install chromium"
    )


def try_writing(folder: Path) -> str:
    """Why no file can be made in the folder (or in the nearest one above it that is there); nothing where one can."""
    nearest = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=nearest, prefix=".yusuan-doctor-") as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        return f"{nearest}: {error.strerror}"
    return ""

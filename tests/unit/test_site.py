"""The documentation: builds without a broken link, names only commands that exist, shows only Python that compiles."""

import importlib.util
import re
from pathlib import Path

import pytest
import typer
import yaml

from flows.cli import app
from flows.reference import write_findings, write_identities, write_reference, write_settings, write_tables

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


@pytest.fixture(scope="module")
def site():
    spec = importlib.util.spec_from_file_location("site_builder", ROOT / ".ci" / "site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def list_commands(group=None, prefix=""):
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        yield f"{prefix}{name}"
        if hasattr(command, "commands"):
            yield from list_commands(command, f"{prefix}{name} ")


def test_the_site_builds_and_no_link_leads_to_nothing(site):
    assert site.main() == 0
    for page in ("index.html", "tutorial.html", "reference/commands.html", "reference/tables.html"):
        assert (ROOT / "build/site" / page).is_file()


def test_a_link_to_nothing_fails_the_build(site, monkeypatch):
    gather = site.gather_sources

    def gather_with_a_broken_link():
        gather()
        page = site.SOURCES / "tutorial.md"
        page.write_text(page.read_text(encoding="utf-8") + "\n[x](nothing.md)\n", encoding="utf-8")

    monkeypatch.setattr(site, "gather_sources", gather_with_a_broken_link)
    assert site.main() != 0


@pytest.mark.parametrize(
    ("text", "from_root", "turned"),
    [
        ("[a](docs/reading.md)", True, "[a](reading.md)"),
        ("[a](CONTRIBUTING.md#x)", True, "[a](contributing.md#x)"),
        ("[a](../README.md)", False, "[a](index.md)"),
        ("[a](https://example.org/x.md)", False, "[a](https://example.org/x.md)"),
        ("[a](../transforms/identities.yml)", False, "a"),
    ],
)
def test_links_are_turned_to_their_place_in_the_site(site, text, from_root, turned):
    assert site.turn_links(text, from_root=from_root) == turned


def test_every_page_stands_in_the_navigation():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"[\w/-]+\.md", str(yaml.safe_load(text)["nav"])))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} <= listed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_code_blocks_exist(page):
    known = set(list_commands())
    blocks = re.findall(r"```[a-z]*\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    used = [words for block in blocks for words in re.findall(r"(?m)^\.venv/bin/yusuan ([a-z][a-z -]*)", block)]
    for words in used:
        name = words.split()[0]
        assert name in known, f"{page.name} names yusuan {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_in_code_blocks_compiles(page):
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        compile(block, page.name, "exec")


def test_the_reference_names_everything_there_is():
    pages = write_reference()
    assert all(f"## `yusuan {name}`" in pages["commands.md"] for name in ("run", "checks", "findings", "sources check"))
    assert "YUSUAN_WAREHOUSE" in write_settings()
    assert "`out_spending_by_function`" in write_tables()
    assert "### `level_sum`" in write_identities()
    assert "| `unreadable-amount` |" in write_findings()

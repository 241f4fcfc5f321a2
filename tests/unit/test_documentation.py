"""What the documentation tells people to type exists: commands with their options, targets of make, variables, Python."""

import os
import re

import pytest
import typer
from doc_blocks import PAGES, ROOT, Code, list_blocks, list_commands, list_inline

from flows.cli import app
from flows.settings import Settings, name_variable

# typer brings a click of its own along.
UsageError = typer.BadParameter.__base__
BLOCKS = [block for page in PAGES for block in list_blocks(page)]
SHOWN = [command for block in BLOCKS for command in list_commands(block)]
MENTIONED = [command for page in PAGES for code in list_inline(page) for command in list_commands(code)]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def find_command(words: list[str]):
    """The command that words name, and what follows it. Raises LookupError where there is none."""
    command = typer.main.get_command(app)
    rest = words[1:]
    while hasattr(command, "commands"):
        # Options of the program itself stand before a command.
        while rest and rest[0] == "--warehouse":
            rest = rest[2:]
        if not rest or rest[0].startswith("-"):
            return command, rest
        if rest[0] not in command.commands:
            raise LookupError(f"yusuan has no command {rest[0]!r}; known: {', '.join(sorted(command.commands))}")
        command, rest = command.commands[rest[0]], rest[1:]
    return command, rest


def list_options(command) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}


def check_make(words: list[str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    variables = set(re.findall(r"\$\((\w+)\)", MAKEFILE)) | set(re.findall(r"^(\w+) \??=", MAKEFILE, re.MULTILINE))
    for word in words[1:]:
        name, is_variable, _ = word.partition("=")
        assert name in (variables if is_variable else targets), f"the Makefile has no {name}"


def ids(shown: list[tuple[Code, list[str]]]) -> list[str]:
    return [f"{code}" for code, _ in shown]


def test_there_is_something_to_check():
    assert len(SHOWN) > 30
    assert len(MENTIONED) > 30


@pytest.mark.parametrize(("code", "words"), SHOWN, ids=ids(SHOWN))
def test_a_command_that_is_shown_would_be_accepted(code, words, tmp_path, monkeypatch):
    if words[0] == "make":
        check_make(words)
        return
    command, rest = find_command(words)
    monkeypatch.chdir(tmp_path)
    try:
        # Only read, as the program would read it; nothing is run.
        command.make_context(command.name, list(rest))
    except UsageError as error:
        pytest.fail(f"{code}: {error.format_message()}")


@pytest.mark.parametrize(("code", "words"), MENTIONED, ids=ids(MENTIONED))
def test_a_command_that_is_mentioned_exists_with_its_options(code, words):
    if words[0] == "make":
        check_make(words)
        return
    if words[1:] == ["…"] or words[1:2] == ["--install-completion"]:
        return
    command, rest = find_command(words)
    used = {word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)}
    assert used <= list_options(command), code


@pytest.mark.parametrize("words", [["yusuan", "querry", "x"], ["yusuan", "sources", "find"]])
def test_a_command_that_does_not_exist_is_noticed(words):
    with pytest.raises(LookupError, match="has no command"):
        find_command(words)


@pytest.mark.parametrize(
    "words", [["yusuan", "export"], ["yusuan", "export", "x", "--fromat", "csv"], ["yusuan", "export", "x", "-f", "word"]]
)
def test_an_option_that_does_not_exist_is_noticed(words):
    command, rest = find_command(words)
    with pytest.raises(UsageError):
        command.make_context(command.name, rest)


@pytest.mark.parametrize("words", [["make", "rum"], ["make", "proof", "PROOFARGS=x"]])
def test_a_target_that_does_not_exist_is_noticed(words):
    with pytest.raises(AssertionError, match="the Makefile has no"):
        check_make(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_variables_that_are_named_exist(page):
    known = {name_variable(name) for name in Settings.model_fields}
    # Those that are read beside the settings: by the deployment files.
    elsewhere = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "deploy").rglob("*") if path.is_file())
    elsewhere += (ROOT / "prefect.yaml").read_text(encoding="utf-8")
    known |= set(re.findall(r"YUSUAN_[A-Z_]+", elsewhere))
    named = set(re.findall(r"\bYUSUAN_[A-Z0-9_]+\b", page.read_text(encoding="utf-8")))
    assert named <= known


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "python"], ids=str)
def test_python_that_is_shown_compiles(block):
    compile(block.text, os.fspath(block.page), "exec")

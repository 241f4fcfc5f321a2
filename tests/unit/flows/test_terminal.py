"""What is printed steers no terminal, whoever wrote it; what rich makes itself stays."""

import os
import pty
import subprocess
import sys

from flows.terminal import echo_json, make_console

EVIL = "题\x1b]0;yours\x07\x1b[31m\x9b2J\u202e"
PRINT = f"""
from rich.table import Table
from rich.text import Text
from flows.terminal import echo, fail, make_console
table = Table("title")
table.add_row(Text({EVIL!r}, style="red"))
make_console().print(table)
make_console().print({EVIL!r}, markup=False, highlight=False)
echo({EVIL!r})
fail({EVIL!r})
"""


def test_a_table_and_a_line_in_a_log(capsys):
    make_console().print(EVIL, markup=False)
    assert capsys.readouterr().out == "题]0;yours[31m2J\n"


def test_json_keeps_the_value(capsys):
    echo_json({"title": EVIL})
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\\u009b2J" in out


def test_on_a_terminal_only_our_own_colours_are_left():
    parent, child = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "80"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen([sys.executable, "-c", PRINT], stdout=child, stderr=child, env=environment) as process:
        process.wait(60)
    os.close(child)
    shown = os.read(parent, 65536).decode()
    os.close(parent)
    assert "\x1b[31m题]0;yours[31m2J" in shown, "the style is ours, the rest is text"
    assert shown.count("题]0;yours[31m2J") == 4
    assert not any(sign in shown for sign in ("\x1b]", "\x07", "\x9b", "\u202e"))

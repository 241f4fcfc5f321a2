"""What all commands do at the terminal: tell an error in one sentence, print as wide as there is room, write JSON.

Promise: what publishers write steers no terminal: their control characters are taken out of everything that is shown.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

import typer

from transforms.plain_text import drop_steering, escape_steering

P = ParamSpec("P")
R = TypeVar("R")


def fail(message: str, code: int = 1) -> NoReturn:
    """Say what is wrong, and end."""
    typer.secho(f"yusuan: {drop_steering(message)}", err=True, fg=typer.colors.RED)
    raise typer.Exit(code)


def tell_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the errors that a person can do something about into one sentence. Everything else keeps its traceback: a defect."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        from flows.errors import YusuanError  # noqa: PLC0415  # `--help` need not pay
        from warehouse.object_storage import StorageError  # noqa: PLC0415  # only here, and only when it is asked for

        try:
            return command(*args, **kwargs)
        except YusuanError as error:
            fail(str(error), error.exit_code)
        except StorageError as error:
            fail(str(error))
        except KeyboardInterrupt:
            typer.secho("yusuan: stopped; what was finished is kept, run it again to go on", err=True)
            raise typer.Exit(130) from None

    return wrapped


def make_console(*, stderr: bool = False) -> Any:
    """The console: as wide as the terminal, and wide enough for a table in a log. What steers a terminal it does not print,
    except for what it makes itself."""
    from rich.console import Console  # noqa: PLC0415  # `--help` need not pay

    from flows.plain_output import PlainOutput  # noqa: PLC0415  # only here, and only when it is asked for

    console = Console(stderr=stderr)
    if not console.is_terminal:
        console = Console(stderr=stderr, width=160)
    console.push_render_hook(PlainOutput())
    return console


def echo(text: str, *, err: bool = False) -> None:
    """A line as it is, without what would steer the terminal."""
    typer.echo(drop_steering(text), err=err)


def echo_json(value: Any) -> None:
    """The value as JSON, readable, dates as text. What would steer a terminal stands there as JSON writes it in ASCII: no value
    changes by it."""
    typer.echo(escape_steering(json.dumps(value, ensure_ascii=False, indent=2, default=str)))


def name_warehouse(group: Any, warehouse: str) -> dict[str, Any]:
    """Click's default map that gives `--warehouse` to every command of a group, and to the commands of its groups."""
    return {
        name: name_warehouse(command, warehouse) if hasattr(command, "commands") else {"warehouse": warehouse}
        for name, command in group.commands.items()
    }

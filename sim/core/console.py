"""What the user sees: the console, progress bars, and errors as one line with an exit code."""

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import ParamSpec, TypeVar

import typer
from rich.console import Console

from sim.core.errors import HeliospinError

P = ParamSpec("P")
R = TypeVar("R")
Advance = Callable[[float], None]

console = Console()
error_console = Console(stderr=True)

USER_ERROR = 2
INTERRUPTED = 130


def friendly(command: Callable[P, R]) -> Callable[P, R]:
    """Wrap a command: a user's error becomes one line and exit code 2, Ctrl-C exit code 130."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except HeliospinError as error:
            error_console.print(f"[bold red]error:[/] {_plain(str(error))}", soft_wrap=True, highlight=False)
            raise typer.Exit(USER_ERROR) from None
        except KeyboardInterrupt:
            error_console.print(
                "[bold red]interrupted[/]: nothing was left under a final name", highlight=False
            )
            raise typer.Exit(INTERRUPTED) from None

    return wrapped


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("[", "\\[")


@contextlib.contextmanager
def progress(description: str, total: float, unit: str) -> Iterator[Advance]:
    """Show a progress bar with rate and time left; yields ``advance(amount)``."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=error_console) as bar:
        task = bar.add_task(description, total=total, rate="")

        def advance(amount: float) -> None:
            bar.advance(task, amount)
            speed = bar.tasks[task].speed
            if speed:
                bar.update(task, rate=f"{speed:,.3g} {unit}/s")

        yield advance


def announce_compilation() -> None:
    """Tell the user, once, that the first run compiles kernels and will be cached."""
    from sim.core.jit import is_cold

    if is_cold():
        error_console.print(
            "Compiling the kernels (first run of this version; about a minute, then cached) ..."
        )


def list_results(result: Path, figures: Iterable[Path]) -> None:
    """Tell the user where the results are."""
    console.print(f"results: {result}")
    for figure in figures:
        console.print(f"figure:  {figure}")


def note(text: str) -> None:
    """Tell the user something in one line, on standard error."""
    error_console.print(f"note: {text}", soft_wrap=True, highlight=False, markup=False)

"""The progress bar of `stoory seed`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from stoory.seed.world import Told


@contextmanager
def shown(console: Console) -> Iterator[Told]:
    """Show what is being done, a line for each part of the work."""
    parts: dict[str, TaskID] = {}
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:

        def told(part: str, done: int, of: int) -> None:
            if part not in parts:
                parts[part] = progress.add_task(part, total=of)
            progress.update(parts[part], completed=done)

        yield told

"""Where everything is, told to whoever has started it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from stoory.settings import Settings

if TYPE_CHECKING:
    from stoory.home import DemoLogin


def announce(out: Console, running: Settings, logins: list[DemoLogin]) -> None:
    """Show where everything is, once it can be reached."""
    from stoory.home import DEMO_PASSWORD  # noqa: PLC0415 - every command would wait for it

    places = Table.grid(padding=(0, 3))
    places.add_row("  Web", f"[bold cyan]{running.url}[/]")
    places.add_row("  API", f"[cyan]{running.url}/schema[/]")
    if running.uses_sandbox:
        places.add_row("  Razorpay sandbox", f"[cyan]{running.gateway().base_url}[/]")
    places.add_row("  Home", str(running.home.absolute()))
    places.add_row("  SQL", "stoory psql [dim]or[/] stoory psql --as Ravi")
    out.print("\n[bold green]Stoory is running.[/] Ctrl-C stops it.\n")
    out.print(places)
    if logins:
        people = Table.grid(padding=(0, 3))
        for login in logins:
            people.add_row(f"  {login.name}", login.role.replace("_", " "), login.phone)
        out.print(f"\nDemo logins, password [bold]{DEMO_PASSWORD}[/]\n")
        out.print(people)
    out.print()

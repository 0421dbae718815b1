"""The command `stoory`. Most imports wait until their command runs, so that every start is quick."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from stoory import __version__
from stoory.places import announce
from stoory.settings import Settings, WrongSettings

PASSES_ON: Final = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(
    help="Stoory, the self-hosted backend of an influencer-marketing marketplace.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
admin = typer.Typer(help="Administrators: no route of the API makes one.", no_args_is_help=True)
app.add_typer(admin, name="admin")

out = Console(highlight=False)


def main() -> None:
    """Run the command line; what the operator can mend is told in a sentence, not in a traceback."""
    from stoory.errors import StooryError
    from stoory.platform.migrations import MigrationFailed
    from stoory.platform.postgres import CannotStart

    try:
        app()
    except (WrongSettings, CannotStart, MigrationFailed, StooryError, PermissionError) as problem:
        fields = [f"{wrong.field} {wrong.message}" for wrong in getattr(problem, "errors", ())]
        told = Text("\n".join(fields) or str(problem))
        Console(stderr=True, highlight=False).print("[bold red]stoory:[/]", told, soft_wrap=True)
        sys.exit(1)


@app.command()
def up() -> None:
    """Start everything: PostgreSQL, schema, demo world, API. Ctrl-C stops it; the data stays."""
    from stoory.up import up as run

    run(settings(), report=_report, announce=partial(announce, out))
    out.print("Stopped; the data stays.", style="dim")


@app.command()
def serve() -> None:
    """Serve the API on the migrated database of STOORY_DATABASE_URL."""
    from stoory.up import serve as run

    run(settings(), announce=partial(announce, out))


@app.command()
def worker() -> None:
    """Do only the jobs and rounds, on the migrated database of STOORY_DATABASE_URL."""
    from stoory.up import work

    ours = settings()
    alone = "" if ours.redis_url else " Without STOORY_REDIS_URL no server hears at once of what it changes."
    work(ours, announce=lambda: out.print(f"The worker runs.{alone} Ctrl-C stops it.", soft_wrap=True))


@app.command()
def migrate() -> None:
    """Bring the schema up to date."""
    from stoory.home import database, prepare

    with database(settings()) as reached:
        prepare(reached, _report)
    out.print("The schema is up to date.")


@app.command(context_settings=PASSES_ON)
def psql(
    context: typer.Context,
    person: Annotated[str, typer.Option("--as", help="See only what this person sees: name or phone.")] = "",
) -> None:
    """Open the home's database; further arguments are psql's own."""
    from stoory.home import database, seen_by
    from stoory.platform.postgres import shipped_binaries

    ours = settings()
    # The shipped psql knows no TLS, the machine's may be older than the shipped server: to each its own.
    program = (ours.database_url and shutil.which("psql")) or str(shipped_binaries() / "psql")
    with database(ours) as reached:
        options = asyncio.run(seen_by(person, reached)) if person else ""
        signal.signal(signal.SIGINT, _leave_it_to_psql)
        ended = subprocess.run(
            [program, reached.app if person else reached.operator, *context.args],
            env={**os.environ, "PGOPTIONS": options},
            check=False,
        )
    raise typer.Exit(ended.returncode)


@app.command()
def dsn(
    user: Annotated[str, typer.Argument(help="stoory_app, stoory_owner or postgres")] = "stoory_app",
) -> None:
    """Print the address of the running home's database."""
    from stoory.platform.postgres import CannotStart, running_socket, socket_dsn

    ours = settings()
    folder = running_socket(ours.home)
    if not (ours.database_url or folder):
        raise CannotStart(f"nothing runs on {ours.home}; start it with `stoory up`")
    typer.echo(ours.database_url or (folder and socket_dsn(folder, user, "stoory")))


@app.command()
def outbox() -> None:
    """Show the texts and mails of a development home, the newest first."""
    letters = sorted((settings().home / "outbox").glob("*.json"), reverse=True)
    for letter in letters:
        out.rule(letter.stem, style="dim")
        out.print_json(letter.read_text())
    if not letters:
        out.print("Nothing has been sent yet.", style="dim")


@admin.command("create")
def create_admin(
    name: Annotated[str, typer.Option(prompt=True)],
    phone: Annotated[str, typer.Option(prompt="Phone, like +919800000009")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """Make an administrator."""
    from stoory.home import create_admin as create
    from stoory.home import database

    with database(settings()) as reached:
        asyncio.run(create(reached, name=name, phone=phone, password=password))
    out.print(f"{name} is an administrator now and signs in with {phone}.")


@app.command()
def reconcile() -> None:
    """Ask Razorpay what became of every order, refund and payout that is not settled, and compare the books."""
    from stoory.home import database
    from stoory.upkeep import reconcile as run

    with database(settings()) as reached:
        done = asyncio.run(run(settings(), reached))
    failed = sum(tally.failed for tally in done.values())
    asked = ", ".join(f"{tally.asked} {kind}" for kind, tally in done.items())
    out.print(f"Asked about {asked}; of {failed} nothing could be learned.")
    raise typer.Exit(1 if failed else 0)


@app.command()
def doctor() -> None:
    """Check everything that must be true: messages, deals, money. Ends with 1 when something is not."""
    from stoory.home import database
    from stoory.upkeep import examine

    with database(settings()) as reached:
        claims, broken = asyncio.run(examine(reached))
    for claim in claims:
        where = broken.get(claim)
        out.print("[red]broken[/]" if where else "[green]holds [/]", Text(claim), *(where or ()))
    raise typer.Exit(1 if broken else 0)


@app.command()
def openapi() -> None:
    """Print the API's description, OpenAPI 3.1."""
    from secrets import token_hex

    from stoory.app import Application
    from stoory.platform.http import openapi as described

    built = Application(Settings(secret=token_hex()), database_dsn="")
    out.print_json(data=described.document(built.litestar), indent=2)


@app.command()
def asyncapi() -> None:
    """Print what is sent and told over sockets, AsyncAPI 3.0."""
    from stoory import live

    out.print_json(data=live.document(), indent=2)


@app.command()
def demo(
    url: Annotated[
        str | None, typer.Option(help="The server to play against; this home's own by default.")
    ] = None,
    *,
    subscriptions: Annotated[
        bool, typer.Option("--subscriptions", help="The story of plans: weeks pass on the server's clock.")
    ] = False,
) -> None:
    """Play the story of the README against the running server and tell it."""
    import httpx

    from stoory.demo import StepFailed, play, play_subscriptions

    here = settings()
    story = play_subscriptions if subscriptions else play

    async def perform() -> None:
        async with httpx.AsyncClient(base_url=url or here.url, timeout=30) as client:
            sandbox = here.gateway().base_url if here.uses_sandbox else None
            await story(client, here.home / "demo-sessions.json", out, sandbox=sandbox)

    try:
        asyncio.run(perform())
    except (StepFailed, httpx.TransportError) as problem:
        reason = problem if isinstance(problem, StepFailed) else f"no server answers at {url or here.url}"
        Console(stderr=True, highlight=False).print(
            "[bold red]stoory demo:[/]", Text(str(reason)), soft_wrap=True
        )
        raise typer.Exit(1) from None


@app.command()
def seed(scale: Annotated[int, typer.Option(min=1, help="1 is 10,000 messages, 100 a million.")] = 1) -> None:
    """Load a large world to measure with, and to look around in. Development only: everybody has one password."""
    from stoory.home import database, furnish, prepare
    from stoory.seed import seed as load
    from stoory.seed.progress import shown

    ours = settings()
    if not ours.is_development:
        raise WrongSettings(
            "STOORY_ENV must be development for `stoory seed`: everybody has a known password"
        )
    with database(ours) as reached:
        prepare(reached, _report)
        asyncio.run(furnish(reached, _report))
        with shown(out) as told:
            made = asyncio.run(load(ours, reached, scale, told))
    out.print(f"Seeded {made}.", soft_wrap=True)


@app.command("razorpay-sandbox")
def razorpay_sandbox() -> None:
    """Serve a local Razorpay: its API, a checkout page, signed webhooks, a control door. Play money only."""
    from stoory.sandbox.razorpay.server import serve
    from stoory.up import sandbox_config, sandbox_listener

    ours = settings()
    if not ours.is_development:
        raise WrongSettings("STOORY_ENV must be development for `stoory razorpay-sandbox`: it invents money")
    with sandbox_listener(ours) as reached:
        out.print(f"The Razorpay sandbox listens on [cyan]http://{ours.host}:{reached.getsockname()[1]}[/].")
        serve(sandbox_config(ours), reached)


@app.command()
def docs(folder: Annotated[Path, typer.Argument(file_okay=False, exists=True)] = Path("docs")) -> None:
    """Write the pages of the documentation that are made from the code."""
    from stoory.docs import write

    written = write(folder)
    out.print(f"Written: {', '.join(written)}" if written else "Every page is as it should be.")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def settings() -> Settings:
    """Read the environment."""
    return Settings.from_env(os.environ)


def _leave_it_to_psql(*_: object) -> None:
    """Let Ctrl-C cancel a query without ending us, who may run the server."""


def _report(step: str) -> None:
    out.print(f"  {step}", style="dim")

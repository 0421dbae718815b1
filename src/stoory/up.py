"""`stoory up`, `stoory serve` and `stoory worker`: everything starts together, and one signal ends it cleanly."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import uvicorn
import uvloop
from msgspec.structs import replace

from stoory.home import DemoLogin, Report, furnish, own_database, prepare
from stoory.platform import migrations
from stoory.platform.postgres import CannotStart, Server
from stoory.settings import Settings, WrongSettings

if TYPE_CHECKING:
    from stoory.processes import Part
    from stoory.sandbox.razorpay.gateway import Config

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

DRAIN_SECONDS: Final = 7
"""How long running requests may take once we were told to stop"""

FAREWELL_SECONDS: Final = 2
"""How long the application may take after them, worker and pool; PostgreSQL needs at most 6 seconds more"""

HEARTBEAT_SECONDS: Final = 0.5

Announce = Callable[[Settings, list[DemoLogin]], None]


def up(settings: Settings, *, report: Report, announce: Announce) -> None:
    """Run a whole home until a signal: database, schema, demo world (in development), API."""
    if settings.workers == 1:
        ThreadPoolExecutor(1).submit(_import_application)
    with _until_signalled(), _listener(settings) as listener, own_database(settings, report) as database:
        prepare(database, report)
        logins = asyncio.run(furnish(database, report)) if settings.is_development else []
        bound = replace(settings, port=listener.getsockname()[1])
        with _kept_alive(database.server, report), _sandbox(bound) as bound:
            _keep_serving(bound, listener, database.app, lambda: announce(bound, logins))


def serve(settings: Settings, *, announce: Announce) -> None:
    """Serve the API on an existing, migrated database until a signal."""
    database_dsn = _migrated_database(settings, "stoory serve")
    with _until_signalled(), _listener(settings) as listener:
        bound = replace(settings, port=listener.getsockname()[1])
        _keep_serving(bound, listener, database_dsn, lambda: announce(bound, []))


def serve_part(part: Part, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve as one of several processes until a signal."""
    create = partial(
        _import_application(), part.settings, database_dsn=part.database_dsn, with_worker=part.with_worker
    )
    _serve(create, listener, announce)


def work(settings: Settings, *, announce: Callable[[], None]) -> None:
    """Do jobs and rounds on an existing, migrated database until a signal, and serve nobody."""
    database_dsn = _migrated_database(settings, "stoory worker")
    with _until_signalled():
        application = _import_application()(settings, database_dsn=database_dsn)
        gc.freeze()
        gc.enable()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_work(application, announce))


async def _work(application: Any, announce: Callable[[], None]) -> None:
    loop, told_to_stop = asyncio.get_running_loop(), asyncio.Event()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, told_to_stop.set)
    with suppress(TimeoutError):
        async with asyncio.timeout(None) as patience, application.running():
            announce()
            await told_to_stop.wait()
            patience.reschedule(loop.time() + FAREWELL_SECONDS)


def _migrated_database(settings: Settings, command: str) -> str:
    """Return the address of the operator's own database; CannotStart when it is not up to date."""
    if settings.database_url is None:
        raise WrongSettings(
            f"STOORY_DATABASE_URL is needed by `{command}`; `stoory up` brings its own database"
        )
    if missing := migrations.pending(settings.database_migration_url or settings.database_url):
        raise CannotStart(f"{len(missing)} migrations are not applied yet; run `stoory migrate`")
    return settings.database_url


def _keep_serving(
    settings: Settings, listener: socket.socket, database_dsn: str, announce: Callable[[], None]
) -> None:
    """Serve until a signal, with as many processes as the settings say; one needs no parent."""
    if settings.workers > 1:
        from stoory.processes import keep_serving  # noqa: PLC0415 - one process starts without it

        keep_serving(settings, listener, database_dsn=database_dsn, announce=announce)
    else:
        _serve(partial(_import_application(), settings, database_dsn=database_dsn), listener, announce)


def _serve(create: Callable[[], Any], listener: socket.socket, announce: Callable[[], None]) -> None:
    from stoory.platform.http import server  # noqa: PLC0415 - it is there once the application is
    from stoory.platform.sockets import protocol  # noqa: PLC0415 - the same

    config = uvicorn.Config(
        create(),
        loop="uvloop",
        http=server.Protocol,
        **protocol.uvicorn_options(),
        lifespan="on",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        timeout_graceful_shutdown=DRAIN_SECONDS - server.LAST_CALL_SECONDS,
    )
    gc.freeze()
    gc.enable()
    ends_within = DRAIN_SECONDS + FAREWELL_SECONDS
    server.Server(config, announce, ends_within_seconds=ends_within).run([listener])


def _import_application() -> Callable[..., Any]:
    """Import the application, which takes longer than all else: `up` begins it beside the start of PostgreSQL.

    Called again it waits for the first import, or for nothing. What it brings lives as long as the process, so the
    garbage collector need never walk it, now or later.
    """
    gc.disable()
    from stoory.app import create_app  # noqa: PLC0415 - the point of this function

    if signal.getsignal(signal.SIGTERM) is signal.SIG_IGN:
        raise KeyboardInterrupt  # we were told to stop, and something that was imported has swallowed it
    return create_app


@contextmanager
def _until_signalled() -> Iterator[None]:
    """End this block at the first stop signal; those that follow must not cut the end short.

    uvicorn drains first and then raises the signal again, so that it arrives here too.
    """
    for number in STOP_SIGNALS:
        signal.signal(number, _stop_once)
    signal.signal(signal.SIGHUP, _terminate)
    with suppress(KeyboardInterrupt):
        yield


def _terminate(*_: object) -> None:
    """Treat a closed terminal like SIGTERM, which uvicorn knows."""
    signal.raise_signal(signal.SIGTERM)


def _stop_once(*_: object) -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def _listener(settings: Settings) -> Iterator[socket.socket]:
    """Take the port before anything is started: a taken one is told at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as problem:
            raise CannotStart(
                f"cannot listen on {settings.host} port {settings.port}: {problem.strerror}. Set STOORY_PORT."
            ) from None
        yield listener


@contextmanager
def _sandbox(settings: Settings) -> Iterator[Settings]:
    """Serve Razorpay's sandbox beside a development home without an address of Razorpay; it ends with us."""
    if not settings.uses_sandbox:
        yield settings
        return
    from stoory.sandbox.razorpay import server  # noqa: PLC0415 - production starts without it

    with sandbox_listener(settings) as listener:
        bound = replace(settings, sandbox_port=listener.getsockname()[1])
        with server.serving(sandbox_config(bound), listener):
            yield bound


def sandbox_listener(settings: Settings) -> socket.socket:
    """Take the sandbox's port; CannotStart when somebody has it."""
    from stoory.sandbox.razorpay import server  # noqa: PLC0415 - the same

    try:
        return server.listener(settings.host, settings.sandbox_port)
    except OSError as problem:
        reason = os.strerror(problem.errno or 0)
        raise CannotStart(
            f"cannot listen on {settings.host} port {settings.sandbox_port}: {reason}. Set STOORY_SANDBOX_PORT."
        ) from None


def sandbox_config(settings: Settings) -> Config:
    """Return what the sandbox is told: our keys, and where its webhooks go."""
    from stoory.sandbox.razorpay.gateway import Config  # noqa: PLC0415 - the same
    from stoory.sandbox.razorpay.server import FILE_NAME  # noqa: PLC0415 - the same

    gateway = settings.gateway()
    return Config(
        path=str(settings.home / FILE_NAME),
        key_id=gateway.key_id,
        key_secret=gateway.key_secret,
        webhook_url=f"{settings.url}/api/payments/webhook",
        webhook_secret=gateway.webhook_secrets[0],
    )


@contextmanager
def _kept_alive(server: Server | None, report: Report) -> Iterator[None]:
    """Start our PostgreSQL again whenever it dies; requests get 503 in between."""
    ended = threading.Event()

    def watch() -> None:
        while server and not ended.wait(HEARTBEAT_SECONDS):
            try:
                server.revive()
            except CannotStart as problem:
                report(str(problem))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()

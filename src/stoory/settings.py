"""Every setting of Stoory, read once from the environment. A test holds the README's table against it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from msgspec import Meta, Struct, ValidationError, convert

from stoory.setting_kinds import (
    Count,
    Env,
    Flag,
    HttpUrl,
    Lifetime,
    Limit,
    Origin,
    Port,
    PostgresUrl,
    RedisUrl,
    Seconds,
    StorageUrl,
)

PREFIX: Final = "STOORY_"
WEAKEST_SECRET_CHARS: Final = 32

SANDBOX_KEY_ID: Final = "rzp_test_sandbox"
SANDBOX_KEY_SECRET: Final = "sandbox-secret"  # noqa: S105 - of play money
SANDBOX_WEBHOOK_SECRET: Final = "sandbox-webhook"  # noqa: S105 - the same


class WrongSettings(Exception):
    """Some settings are wrong; the message names each of them on a line of its own."""


class GatewaySettings(Struct, frozen=True, kw_only=True):
    """Where Razorpay is, and with which keys."""

    base_url: str
    key_id: str
    key_secret: str
    webhook_secrets: tuple[str, ...]
    account_number: str | None


class Settings(Struct, frozen=True, kw_only=True):
    """What the operator decides: `db_pool` is the variable STOORY_DB_POOL, its meaning stands below it."""

    env: Env = "development"
    """What this installation is: development, staging or production"""

    host: str = "127.0.0.1"
    """Address to listen on"""

    port: Port = 8000
    """Port of the API and the web client"""

    home: Path = Path(".stoory")
    """Folder for everything a home keeps: the embedded database, uploads, the outbox, the secret"""

    public_url: HttpUrl | None = None
    """Address under which people reach this installation; else it is made of host and port"""

    workers: Count = 1
    """Server processes; more than one need STOORY_REDIS_URL"""

    secret: str | None = None
    """Key that signs tokens, at least 32 characters; a development home makes and keeps its own"""

    database_url: PostgresUrl | None = None
    """An existing PostgreSQL >= 15 instead of the embedded one"""

    database_direct_url: PostgresUrl | None = None
    """The same database past a transaction pooler, for jobs and LISTEN"""

    database_migration_url: PostgresUrl | None = None
    """The same database as the owner of the schema, for `stoory migrate`"""

    db_pool: Count = 10
    """Database connections of a process"""

    remember_seconds: Lifetime = 30
    """Seconds for which what everybody reads (open postings, profiles) is kept unless it changes; 0 keeps nothing"""

    redis_url: RedisUrl | None = None
    """Redis or Valkey; needed as soon as there is more than one process"""

    storage_url: StorageUrl | None = None
    """S3-compatible storage of files, `s3://bucket/prefix?endpoint=https://...&region=...`; else the home"""

    cors_origins: tuple[Origin, ...] = ()
    """Origins whose browsers may call the API, separated by commas"""

    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR) whose X-Forwarded-For is believed, separated by commas"""

    access_token_ttl_seconds: Seconds = 3600
    """Life of an access token in seconds"""

    seller: str = "Stoory"
    """Who stands on the invoices of subscriptions: name, address, GSTIN"""

    limit_auth: Limit | None = None
    """Instead of 5/minute for each account and address at sign-in, or `unlimited`"""

    limit_api: Limit | None = None
    """Instead of the plans' API limits, or `unlimited`"""

    limit_upload: Limit | None = None
    """Instead of 10/minute for uploads, or `unlimited`"""

    limit_socket: Limit | None = None
    """Instead of 1000/minute for socket events, or `unlimited`"""

    razorpay_base_url: HttpUrl | None = None
    """Address of Razorpay; a development home without it uses the sandbox"""

    razorpay_key_id: str | None = None
    """Razorpay's public key"""

    razorpay_key_secret: str | None = None
    """Razorpay's secret key"""

    razorpay_webhook_secret: tuple[str, ...] = ()
    """Secret that signs Razorpay's webhooks; two while it is changed, the new one first, separated by a comma"""

    razorpayx_account: str | None = None
    """RazorpayX account number payouts are made from; unset, an administrator makes them by hand"""

    sandbox_port: Port = 8001
    """Port of the Razorpay sandbox of a development home"""

    mail_url: str | None = None
    """Where mails go (an Apprise URL); development writes them to the outbox"""

    sms_url: str | None = None
    """Where texts go (an Apprise URL); development writes them to the outbox"""

    push_url: str | None = None
    """Where push messages go (an Apprise URL)"""

    debug_routes: Flag | None = None
    """Serve /api/debug to administrators; unless set, everywhere but in production"""

    metrics_token: str | None = None
    """Bearer token that /metrics asks for; without it only this machine may read them"""

    @property
    def is_development(self) -> bool:
        """Only here exist demo logins, the outbox, the sandbox and the movable clock."""
        return self.env == "development"

    @property
    def is_production(self) -> bool:
        """Nothing is made up here: what is missing refuses to start."""
        return self.env == "production"

    @property
    def serves_debug_routes(self) -> bool:
        """Whether /api/debug exists."""
        return not self.is_production if self.debug_routes is None else self.debug_routes

    @property
    def url(self) -> str:
        """The address people use, without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def uses_sandbox(self) -> bool:
        """Whether money is play money: a development home without an address of Razorpay."""
        return self.is_development and self.razorpay_base_url is None

    def gateway(self) -> GatewaySettings:
        """Return how Razorpay, or its sandbox, is reached."""
        return GatewaySettings(
            base_url=self.razorpay_base_url or f"http://{self.host}:{self.sandbox_port}",
            key_id=self.razorpay_key_id or SANDBOX_KEY_ID,
            key_secret=self.razorpay_key_secret or SANDBOX_KEY_SECRET,
            webhook_secrets=self.razorpay_webhook_secret or (SANDBOX_WEBHOOK_SECRET,),
            account_number=self.razorpayx_account,
        )

    def signing_secret(self) -> str:
        """Return the key that signs tokens; a development home makes its own once and keeps it (0600)."""
        if self.secret is not None:
            return self.secret
        path = self.home / "secret"
        if not path.exists():
            _keep_secret(path, secrets.token_hex(32))
        return path.read_text().strip()

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the STOORY_ variables; an empty one counts as unset. WrongSettings names all that is wrong."""
        given = {name: text for name, text in environ.items() if name.startswith(PREFIX) and text}
        hints = {
            variable(field): (field, hint) for field, hint in get_type_hints(cls, include_extras=True).items()
        }
        wrong = [_unknown(name, hints) for name in given if name not in hints]
        values: dict[str, Any] = {}
        for name, (field, hint) in hints.items():
            if name in given:
                try:
                    values[field] = _read(given[name], hint)
                except ValidationError:
                    wrong.append(f"{name} must be {_meaning(hint)}")
        settings = cls(**values)
        wrong.extend(_contradictions(settings))
        if wrong:
            raise WrongSettings("\n".join(wrong))
        return settings

    def __repr__(self) -> str:
        """Name the installation and none of its secrets: URLs hold passwords too."""
        return f"Settings(env={self.env!r}, home={str(self.home)!r}, port={self.port})"


def variable(field: str) -> str:
    """Return the environment variable of a field; units stand in the field's name only."""
    return PREFIX + field.removesuffix("_seconds").upper()


def _read(text: str, hint: Any) -> Any:
    """Turn a variable's text into the field's type; ValidationError when it does not fit."""
    is_list = get_args(hint)[-1:] == (...,)
    value = [part.strip() for part in text.split(",") if part.strip()] if is_list else text
    return convert(value, hint, strict=False, dec_hook=_path)


def _path(_kind: type, raw: str) -> Path:
    """Read the one type msgspec does not know."""
    return Path(raw).expanduser()


def _meaning(hint: Any) -> str:
    """Say in words what a field takes: the description that stands at its type."""
    for part in (*getattr(hint, "__metadata__", ()), *get_args(hint)):
        meaning = part.description if isinstance(part, Meta) else _meaning(part)
        if meaning:
            return meaning
    return ""


def _unknown(name: str, known: Mapping[str, object]) -> str:
    """Refuse what is most likely a typo: a limit misspelt is a limit switched off in silence."""
    close = get_close_matches(name, known, n=1)
    return f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else "")


def _contradictions(settings: Settings) -> Iterator[str]:
    """Name what is wrong between settings that are each well formed."""
    for network in settings.trusted_proxies:
        try:
            ip_network(network)
        except ValueError:
            yield f"STOORY_TRUSTED_PROXIES must be networks like 10.0.0.0/8; {network!r} is none"
    if settings.workers > 1 and settings.redis_url is None:
        yield "STOORY_WORKERS above 1 needs STOORY_REDIS_URL: by it processes share limits, presence and hints"
    if settings.razorpay_base_url and not (settings.razorpay_key_id and settings.razorpay_key_secret):
        yield "STOORY_RAZORPAY_BASE_URL needs STOORY_RAZORPAY_KEY_ID and STOORY_RAZORPAY_KEY_SECRET"
    if settings.razorpay_base_url and not settings.razorpay_webhook_secret:
        yield "STOORY_RAZORPAY_BASE_URL needs STOORY_RAZORPAY_WEBHOOK_SECRET: webhooks are not believed without"
    if settings.razorpay_key_secret in settings.razorpay_webhook_secret:
        yield "STOORY_RAZORPAY_WEBHOOK_SECRET must not be the key's secret: each is known to others"
    if settings.is_development:
        return
    if len(settings.secret or "") < WEAKEST_SECRET_CHARS:
        yield f"STOORY_SECRET must have at least {WEAKEST_SECRET_CHARS} characters outside development"
    if not settings.razorpay_base_url:
        yield "STOORY_RAZORPAY_BASE_URL is needed outside development"


def _keep_secret(path: Path, secret: str) -> None:
    """Write the secret whole or not at all, readable by its owner only from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(draft, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(secret)
    draft.replace(path)

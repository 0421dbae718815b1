"""The environment is read once, and a mistake in it is told whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from stoory.settings import Settings, WrongSettings

PRODUCTION = {
    "STOORY_ENV": "production",
    "STOORY_SECRET": "k" * 32,
    "STOORY_RAZORPAY_BASE_URL": "https://razorpay.example.org",
    "STOORY_RAZORPAY_WEBHOOK_SECRET": "whispered",
    "STOORY_RAZORPAY_KEY_ID": "key",
    "STOORY_RAZORPAY_KEY_SECRET": "secret",
}

STORAGE = "s3://stoory/production?endpoint=https://p.supabase.co/storage/v1/s3&region=ap-south-1"


def test_an_empty_environment_is_a_development_home():
    settings = Settings.from_env({"PATH": "/bin"})
    assert settings == Settings()
    assert settings.is_development
    assert settings.url == "http://127.0.0.1:8000"


def test_every_kind_of_setting_is_read():
    settings = Settings.from_env(
        {
            "STOORY_PORT": "9000",
            "STOORY_HOME": "/srv/stoory",
            "STOORY_CORS_ORIGINS": "https://a.example.org, https://b.example.org",
            "STOORY_TRUSTED_PROXIES": "10.0.0.0/8,fd00::/8",
            "STOORY_ACCESS_TOKEN_TTL": "60",
            "STOORY_DEBUG_ROUTES": "false",
            "STOORY_LIMIT_AUTH": "unlimited",
            "STOORY_STORAGE_URL": STORAGE,
        }
    )
    assert (settings.port, settings.home) == (9000, Path("/srv/stoory"))
    assert settings.cors_origins == ("https://a.example.org", "https://b.example.org")
    assert settings.trusted_proxies == ("10.0.0.0/8", "fd00::/8")
    assert (settings.access_token_ttl_seconds, settings.limit_auth) == (60, "unlimited")
    assert not settings.serves_debug_routes
    assert settings.storage_url == STORAGE


def test_an_empty_variable_counts_as_not_set():
    assert Settings.from_env({"STOORY_DATABASE_URL": "", "STOORY_PORT": ""}) == Settings()


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("STOORY_ENV", "prod"),
        ("STOORY_PORT", "http"),
        ("STOORY_PORT", "65536"),
        ("STOORY_WORKERS", "0"),
        ("STOORY_DATABASE_URL", "mysql://localhost/stoory"),
        ("STOORY_REDIS_URL", "localhost:6379"),
        ("STOORY_REDIS_URL", "redis://:pa/ss@localhost:6379"),
        ("STOORY_REDIS_URL", "redis://localhost:6379/zero"),
        ("STOORY_STORAGE_URL", "https://storage.example.org/bucket"),
        ("STOORY_STORAGE_URL", "s3://bucket?endpont=https://storage.example.org"),
        ("STOORY_STORAGE_URL", "s3://bucket?endpoint=storage.example.org"),
        ("STOORY_CORS_ORIGINS", "https://a.example.org,b.example.org"),
        ("STOORY_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("STOORY_ACCESS_TOKEN_TTL", "-1"),
        ("STOORY_DEBUG_ROUTES", "perhaps"),
        ("STOORY_LIMIT_API", "5 per minute"),
        ("STOORY_LIMIT_API", "0/minute"),
        ("STOORY_LIMT_API", "5/minute"),
        ("STOORY_WORKERS", "2"),
        ("STOORY_RAZORPAY_BASE_URL", "https://razorpay.example.org"),
    ],
)
def test_what_is_wrong_is_refused_by_name(variable: str, text: str):
    with pytest.raises(WrongSettings, match=f"^{variable} "):
        Settings.from_env({variable: text})


def test_several_processes_share_a_redis():
    with pytest.raises(WrongSettings, match="needs STOORY_REDIS_URL"):
        Settings.from_env({"STOORY_WORKERS": "4"})
    settings = Settings.from_env({"STOORY_WORKERS": "4", "STOORY_REDIS_URL": "redis://redis.example.org"})
    assert settings.workers == 4


def test_every_wrong_setting_is_named_at_once():
    with pytest.raises(WrongSettings) as refusal:
        Settings.from_env({"STOORY_PORT": "http", "STOORY_PROT": "1", "STOORY_ENV": "production"})
    told = str(refusal.value).splitlines()
    assert told[0] == "STOORY_PROT is not a setting; did you mean STOORY_PORT?"
    assert [line.split()[0] for line in told[1:]] == [
        "STOORY_PORT",
        "STOORY_SECRET",
        "STOORY_RAZORPAY_BASE_URL",
    ]


@pytest.mark.parametrize("missing", ["STOORY_SECRET", "STOORY_RAZORPAY_BASE_URL"])
def test_production_refuses_what_development_makes_up(missing: str):
    assert Settings.from_env(PRODUCTION).is_production
    with pytest.raises(WrongSettings, match=missing):
        Settings.from_env({name: text for name, text in PRODUCTION.items() if name != missing})


def test_production_refuses_a_weak_secret():
    with pytest.raises(WrongSettings, match="at least 32 characters"):
        Settings.from_env(PRODUCTION | {"STOORY_SECRET": "k" * 31})


def test_a_development_home_makes_a_secret_once_and_keeps_it_to_itself(tmp_path: Path):
    settings = Settings(home=tmp_path / "home")
    made = settings.signing_secret()
    assert len(made) == 64
    assert settings.signing_secret() == made
    assert (tmp_path / "home" / "secret").stat().st_mode & 0o777 == 0o600


def test_settings_do_not_show_their_secrets():
    url = "postgresql://stoory:open-sesame@db.example.org/stoory"
    settings = Settings.from_env(PRODUCTION | {"STOORY_DATABASE_URL": url})
    assert "open-sesame" not in repr(settings)
    assert "k" * 32 not in repr(settings)


def test_a_refusal_does_not_show_the_value():
    with pytest.raises(WrongSettings) as refusal:
        Settings.from_env({"STOORY_DATABASE_URL": "postgres:open-sesame@db"})
    assert "open-sesame" not in str(refusal.value)

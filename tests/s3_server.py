"""An object store that speaks S3, in a process of its own on loopback, and a proxy before it that fails by script."""

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from dask_processes import LOOPBACK, free_port, wait_until

BUCKET = "cubes"
SECRET = "correct/horse+battery/staple"
SERVER = "import sys; from moto.server import main; main(['-H', sys.argv[1], '-p', sys.argv[2]])"

Script = Callable[[str, str], str | int | None]
"""Of a request's method and path: None to pass it on; a status to answer; "lose" the answer; "hang"; "drop" it."""


class S3Server:
    """moto's server; as a context it runs, with one empty bucket."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def environment(self, endpoint: str = "") -> dict[str, str]:
        """What a client needs to know."""
        return {
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
            "AWS_ACCESS_KEY_ID": "posse-test",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    def __enter__(self) -> Self:
        child = [sys.executable, "-c", SERVER, LOOPBACK, str(self.port)]
        self.process = subprocess.Popen(child, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers)
        assert self._ask("PUT", f"/{BUCKET}") == 200
        return self

    def _answers(self) -> bool:
        try:
            return self._ask("GET", "/moto-api/data.json") == 200
        except OSError:
            return False

    def _ask(self, method: str, path: str) -> int:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=10)
        try:
            connection.request(method, path)
            return connection.getresponse().status
        finally:
            connection.close()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()


class Proxy:
    """Passes requests on to a server, but for those of which its script says otherwise. said: what it did, in order."""

    def __init__(self, server: S3Server, script: Script) -> None:
        self.said: list[tuple[str, str, str | int | None]] = []
        lock, said = threading.Lock(), self.said

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with lock:
                    order = script(self.command, self.path)
                    said.append((self.command, self.path, order))
                if order in ("drop", "hang"):
                    time.sleep(3 if order == "hang" else 0)
                    self.close_connection = True
                elif isinstance(order, int):
                    self.send_response(order)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    self.forward(body, order == "lose")

            def forward(self, body: bytes, lose: bool) -> None:
                connection = http.client.HTTPConnection(LOOPBACK, server.port, timeout=30)
                connection.request(self.command, self.path, body, dict(self.headers.items()))
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                if lose:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection", "server", "date"):
                        self.send_header(name, value)
                length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
                self.send_header("Content-Length", length or "0")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        for method in ("GET", "PUT", "HEAD", "POST", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.serve)
        self.http = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.http.daemon_threads = True
        self.endpoint = f"http://{LOOPBACK}:{self.http.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()


def environment(variables: dict[str, str]) -> dict[str, str]:
    """That of this process and these."""
    return os.environ | variables

"""The server behind the page: on this machine only.

serve("atlas.toml")
"""

import logging
import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from posse.explorer import export, foreign, view
from posse.explorer.solving import UNFINISHED, Source, open_source
from posse.kernels.errors import InputError, PosseError

HOST = "127.0.0.1"
PORT = 5006  # where a page is if nothing is there yet, so that links last


def serve(where: str, port: int | None = None, browser: bool = True, say: Callable[[str], None] = print) -> None:
    """Show a spec file or a cube on a page of this machine, until the process is stopped.

    port: of the page; 5006 if left out, or any other if that is in use. browser: whether to open one.
    Raises InputError where there is nothing to show, or the port is in use.
    """
    source = open_source(where)
    try:
        from panel.io.server import get_server
    except ImportError as error:
        raise InputError("the explorer needs Panel: pip install 'posse[explore]'") from error
    from posse.explorer.page import Page, refusal

    def latest() -> Source:
        """The source; a sweep that was not finished is looked at anew."""
        return open_source(where) if source.why == UNFINISHED else source

    def page() -> Any:
        try:
            return Page(latest(), where).layout
        except PosseError as error:
            return refusal(error)

    found = free_port(port)
    _warm_up(source)
    hosts = [f"{HOST}:{found}", f"localhost:{found}"]
    server = get_server(
        {"/": page},
        port=found,
        address=HOST,
        websocket_origin=hosts,
        location=False,
        title=f"posse: {source.space.title}",
        extra_patterns=[(r"/export/(.+)", _handler(latest))],
    )
    foreign.refuse(server, hosts)
    _let_visitors_leave(server.io_loop.asyncio_loop)
    address = f"http://{HOST}:{found}/"
    say(f"{address}: {source.space.title}, of {where}; Ctrl-C ends it")
    if browser:
        server.io_loop.add_callback(webbrowser.open, address)
    server.start()
    with suppress(KeyboardInterrupt):
        server.io_loop.start()
    server.stop()


def _let_visitors_leave(loop: Any) -> None:
    """Who closes a page while it is being told something is no error."""
    from tornado.websocket import WebSocketClosedError

    def handle(loop: Any, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), WebSocketClosedError):
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)
    logging.getLogger("bokeh.server.views.ws").setLevel(logging.ERROR)


def _warm_up(source: Source) -> None:
    """Compile what the first map needs."""
    first = view.default(source.space)
    if not source.is_ready(first):
        print("posse: compiling the game, which takes some seconds the first time", file=sys.stderr, flush=True)
        source.cells(first, 400, 400)
        source.solve(first.point)


def free_port(wanted: int | None) -> int:
    """The port that is asked for; else the usual one or, where that is in use, any."""
    for port in [wanted] if wanted is not None else [PORT, 0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    raise InputError(f"--port: {wanted} cannot be used; choose another from 1024 to 65535, or leave it out")


def _handler(latest: Callable[[], Source]) -> type:
    """Answers links to files: the query is that of the view, so a file is what a link says."""
    from tornado.web import RequestHandler

    class Export(RequestHandler):
        def get(self, name: str) -> None:
            try:
                source = latest()
                data = export.write(name, view.read(self.request.query, source.space), source)
            except PosseError as error:
                self.set_status(400)
                self.set_header("Content-Type", "text/plain; charset=utf-8")
                self.finish(f"posse: {error}\n")
                return
            self.set_header("Content-Type", "application/octet-stream")
            self.set_header("Content-Disposition", f'attachment; filename="{name}"')
            self.finish(data)

    return Export

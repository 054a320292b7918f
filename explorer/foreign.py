"""Requests that do not come from this machine's own pages; a server refuses them before it looks at anything else.

refuse(server, hosts)
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

EMBEDDING = "/autoload.js"  # with which a page of any origin could show the explorer as a part of itself


def refuse(server: Any, hosts: Collection[str]) -> None:
    """Answer foreign requests with 403. hosts: what the server is called, with its port."""
    from tornado.routing import Matcher, Rule
    from tornado.web import HTTPError, RequestHandler

    class Foreign(Matcher):
        def match(self, request: "HTTPServerRequest") -> dict[str, Any] | None:
            return {} if is_foreign(request, hosts) else None

    class Refusal(RequestHandler):
        def prepare(self) -> None:
            raise HTTPError(403)

    server._tornado.default_router.rules.insert(0, Rule(Foreign(), Refusal))


def is_foreign(request: "HTTPServerRequest", hosts: Collection[str]) -> bool:
    """Whether a request calls the server by another name, or a page of another origin makes it."""
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    return (
        request.host.lower() not in hosts
        or (origin is not None and origin not in {f"http://{host}" for host in hosts})
        or request.path.startswith(EMBEDDING)
        or (request.path.startswith("/export/") and site in ("cross-site", "same-site"))
    )

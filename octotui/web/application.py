"""The page as one ASGI application: the table of its addresses, and what stands before all of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from octotui.web import answers
from octotui.web.access import Access
from octotui.web.guard import Guard

if TYPE_CHECKING:
    from octotui.web.access import Token
    from octotui.web.guard import Hosts
    from octotui.web.site import Site

_STATIC = Path(__file__).parent / "static"


def routes() -> list[BaseRoute]:
    """Return what is served where: the one table, to which a further address is added."""
    return [
        Route("/", answers.page),
        Route("/poster", answers.poster),
        Route("/live", answers.live),
        Route("/api/tasks", answers.tasks),
        Route("/api/events", answers.events),
        Route("/healthz", answers.health),
        Route("/metrics", answers.metrics),
        Mount("/static", StaticFiles(directory=_STATIC)),
    ]


def application(site: Site, hosts: Hosts, token: Token | None) -> Starlette:
    """Return what serves a site; without a `token` whoever can reach it may look."""
    before = [Middleware(Guard, hosts=hosts, takes_login=token is not None)]
    if token is not None:
        before.append(Middleware(Access, token=token, page=site.page))
    further = site.terminals.routes() if site.terminals is not None else []
    app = Starlette(routes=[*routes(), *further], middleware=before, lifespan=site.lifespan)
    app.state.site = site
    return app

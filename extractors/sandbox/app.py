"""The sandbox as one web application: every platform under its own prefix, on one port.

Belongs here: routes, and the `/__` paths through which tests look behind the scenes.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from extractors.sandbox import platforms
from extractors.sandbox.exchange import (
    Endpoint,
    SandboxPlatform,
    SandboxState,
    exchange,
    virtual_now,
)
from extractors.sandbox.faults import Fault

if TYPE_CHECKING:
    from starlette.requests import Request

    from extractors.sandbox.world import AccountState, InquiryState, PostState, World


def sandbox_platforms() -> list[SandboxPlatform]:
    """Return every platform that has a module in `platforms/`, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(platforms.__path__))
    modules = (importlib.import_module(f"{platforms.__name__}.{name}") for name in names)
    return [module.PLATFORM for module in modules]


def build_app(state: SandboxState) -> Starlette:
    """Return the application over a world.

    Besides the platforms it serves, outside every platform's prefix:
    `GET /__truth` what the world holds at the virtual moment (for tests, never for extractors),
    with `?platform=NAME` only that platform's accounts, and their posts and questions too;
    `GET|POST|DELETE /__faults` the faults in force; `GET /__health`.
    """
    routes = [
        _route(state, platform, endpoint)
        for platform in sandbox_platforms()
        for endpoint in platform.endpoints
    ]
    return Starlette(routes=[*routes, *_admin_routes(state)])


def _route(state: SandboxState, platform: SandboxPlatform, endpoint: Endpoint) -> Route:
    async def serve(request: Request) -> Response:
        return await exchange(state, platform, endpoint, request)

    return Route(f"/{platform.prefix}{endpoint.path}", serve, methods=[endpoint.method])


def _told_whole(world: World, account: AccountState, now: datetime) -> dict[str, Any]:
    """Return every post and question of an account, hidden counters among them."""
    key = (account.platform, account.id, now)
    return {
        "is_protected": account.is_protected,
        "posts": [_plain(post) for post in world.posts(*key)],
        "inquiries": [_plain(question) for question in world.inquiries(*key)],
    }


def _plain(state: PostState | InquiryState) -> dict[str, Any]:
    values = ((f.name, getattr(state, f.name)) for f in fields(state))
    return {name: _spelled(value) for name, value in values}


def _spelled(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else value


def _admin_routes(state: SandboxState) -> list[Route]:
    async def truth(request: Request) -> Response:
        now = virtual_now(request, state.standing_at)
        platform = request.query_params.get("platform")
        accounts = [
            {
                "platform": a.platform,
                "id": a.id,
                "handle": a.handle,
                "followers": a.followers,
                "posts_total": a.posts_total,
                **(_told_whole(state.world, a, now) if platform else {}),
            }
            for a in state.world.accounts(now)
            if platform in (None, a.platform)
        ]
        days = [day.isoformat() for day in state.world.days()]
        return JSONResponse({"now": now.isoformat(), "days": days, "accounts": accounts})

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            state.faults.clear()
        elif request.method == "POST":
            try:
                state.faults.add(Fault.from_json(await request.json()))
            except (ValueError, KeyError, TypeError) as error:
                return JSONResponse({"error": f"not a fault: {error}"}, 400)
        return JSONResponse(state.faults.listed())

    async def health(_: Request) -> Response:
        return JSONResponse({"platforms": [p.name for p in sandbox_platforms()]})

    return [
        Route("/__truth", truth),
        Route("/__faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/__health", health),
    ]

"""For whoever watches over the installation: alive, ready, and figures for Prometheus.

The figures come from the tables at the moment of asking: every process adds to the same rows, so any web process can answer for
all of them, and a restart loses nothing. Only asked directly are they shown: never to what a proxy passes on from outside.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from comeback.app import App
from comeback.metrics import Figures
from plugin_core.migrations import is_current

_PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-Ip", "Via")


def create_blueprint(app: App) -> Blueprint:
    pages = Blueprint("health", __name__)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(app.context))

    @pages.get("/healthz")
    def alive() -> Response:
        return Response("alive\n", mimetype="text/plain")

    @pages.get("/readyz")
    def ready() -> tuple[Response, int]:
        found = checks(app)
        return jsonify(found), 200 if all(found.values()) else 503

    @pages.get("/metrics")
    def metrics() -> Response:
        if any(name in request.headers for name in _PASSED_ON):
            abort(404)
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return pages


def checks(app: App) -> dict[str, bool]:
    """What this process needs to do its part, each with whether it is there."""
    try:
        migrated, database = is_current(app.database.engine), True
    except SQLAlchemyError:
        migrated = database = False
    return {"database": database, "migrated": migrated, "queue": app.context.queue.reachable()}

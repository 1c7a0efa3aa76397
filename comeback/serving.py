"""The web side: Flask behind granian, with the timer in the parent process."""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
from functools import partial

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from werkzeug.middleware.proxy_fix import ProxyFix

from admin.desk import Desk
from admin.setup import add_pages
from comeback import health, logs
from comeback import settings as environment
from comeback.app import App, build
from comeback.connecting import offer_link
from comeback.installing import take_in
from comeback.working import threads_beside
from jobs.context import JobContext
from jobs.schedule import scheduler
from jobs.watch import Watch
from plugin_core.errors import SettingsProblem
from storefront import create_blueprint as shopper_pages
from storefront import create_loyalty as shopper_standing
from webhooks import Inbox
from webhooks import create_blueprint as webhook_routes

# Set by the demo for its own child process: made-up stores on one's own machine need no login.
_OPEN_TO_ALL = "COMEBACK_INTERNAL_OPEN_TO_ALL"
_LOG_LEVEL = "COMEBACK_INTERNAL_LOG_LEVEL"
_MOST_BYTES = 2 * 1024 * 1024


def create_web(app: App, *, open_to_all: bool = False) -> Flask:
    web = Flask("comeback", static_folder=None)
    web.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES
    if proxies := app.settings.trusted_proxies:
        web.wsgi_app = ProxyFix(web.wsgi_app, x_for=proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    # A double slash in an address would otherwise be answered with a redirect.
    web.url_map.merge_slashes = False
    web.register_blueprint(shopper_pages(app.database, app.vault, app.context.clock))
    web.register_blueprint(shopper_standing(app.database, app.doors, app.context.clock))
    inbox = Inbox(app.database.engine, app.context.clock, partial(app.context.queue.nudge, "inbox"))
    app.at_end.append(inbox.close)
    web.register_blueprint(webhook_routes(app.platforms, app.database, app.vault, inbox, app.context.clock))
    web.register_blueprint(health.create_blueprint(app))
    add_pages(web, install_desk(app, open_to_all=open_to_all))
    return web


def install_desk(app: App, *, open_to_all: bool = False) -> Desk:
    return Desk(
        database=app.database,
        vault=app.vault,
        doors=app.doors,
        normalise=lambda platform, text: app.platform(platform).normalise_address(text),
        connect=lambda platform, address, credentials, actor: (
            take_in(app.connector, platform, address, credentials, actor=actor).store_id
        ),
        offer=lambda platform, address, actor: offer_link(app, platform, address, actor=actor),
        finish=app.context.finish_installs,
        public_url=app.settings.public_url,
        renderer=app.context.renderer,
        send=app.context.channel.send,
        clock=app.context.clock,
        open_to_all=open_to_all,
    )


def web() -> Flask:
    """What each worker process serves; everything comes from the environment."""
    logs.configure(level=int(os.environ.get(_LOG_LEVEL, logging.WARNING)))
    return create_web(build(environment.load()), open_to_all=os.environ.get(_OPEN_TO_ALL) == "1")


def refuse_unusable(host: str, port: int) -> None:
    """SettingsProblem where nothing can listen there: the server itself would only say so with a traceback."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _name, address in found[:1]:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except OSError as problem:
        raise SettingsProblem(
            f"Nothing can listen on {host}:{port} ({problem.strerror}).",
            mend="Another program may be there: choose another port with --port, or another address with --host.",
        ) from problem


def serve(app: App, host: str, port: int, *, open_to_all: bool = False, web_only: bool = False) -> None:
    """Blocks until stopped. Work is done by threads of this process; requests are answered by a child of its own.

    ``web_only``: requests and nothing else; workers and a scheduler run elsewhere.
    """
    os.environ[_OPEN_TO_ALL] = "1" if open_to_all else "0"
    os.environ[_LOG_LEVEL] = str(logging.getLogger().level)
    # A forked child would take SQLite's open files over without the locks on them, and threads' locks without the threads.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        "comeback.serving:web",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        blocking_threads=8,
        log_enabled=False,
    )
    if web_only:
        server.serve()
        return
    with threads_beside(app) as working:
        context = working.context
        timer = scheduler(context)
        # Deliveries come in through the child: here they are seen in the table.
        watch = Watch(context, lambda _, store_id: _nudged(context, store_id))
        server.on_startup(timer.start)
        server.on_startup(watch.start)
        server.on_shutdown(watch.stop)
        server.on_shutdown(timer.shutdown)
        server.serve()


def _nudged(context: JobContext, store_id: int) -> bool:
    context.queue.nudge("inbox", store_id)
    return True

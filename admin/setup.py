"""Puts all the pages into a web application: languages, formats, files, and every route."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask_compress import Compress

from admin import adding, assets, embedded, formats, key_grant, languages, login, odd, plugin_grant, progress, redirect_grant
from admin.desk import Desk
from admin.pages import ALL, NAVIGATION
from admin.routes import WholeConverter
from admin.said import in_words, named


def add_pages(web: Flask, desk: Desk) -> None:
    web.url_map.converters["int"] = WholeConverter
    odd.add_answers(web, only_here=desk.open_to_all)
    languages.prepare(web)
    formats.prepare(web)
    web.jinja_env.filters.update(in_words=in_words, named=named)
    web.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    web.config["COMPRESS_BR_LEVEL"] = 4
    web.config["COMPRESS_REGISTER"] = False  # pages only: who sends webhooks reads no answer
    compress = Compress(web)
    web.jinja_env.trim_blocks = True
    web.jinja_env.lstrip_blocks = True
    web.jinja_env.globals.update(
        asset=assets.asset, navigation=NAVIGATION, languages=languages.LANGUAGES, app_bridge=desk.home, problem_shown=False
    )

    @web.context_processor
    def language() -> dict[str, Any]:
        locale = g.get("locale", "") or languages.asked_for()
        return {"locale": locale, "direction": languages.direction(locale)}

    for room in (progress, redirect_grant, key_grant, plugin_grant, embedded, login, adding):
        web.register_blueprint(room.create_blueprint(desk))
    files = assets.create_blueprint()
    files.after_request(compress.after_request)
    web.register_blueprint(files)
    for create in ALL:
        pages = create(desk)
        pages.after_request(compress.after_request)
        web.register_blueprint(pages)

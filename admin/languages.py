"""The languages the pages are written in, and which of them a visitor reads."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, g, request
from flask_babel import Babel

LANGUAGES = {"en": "English", "tr": "Türkçe", "ru": "Русский", "fa": "فارسی"}
RIGHT_TO_LEFT = frozenset({"fa"})
HEADER = "X-Comeback-Locale"  # sent along by our own script: what the open page is written in
COOKIE = "comeback_language"


def asked_for(own: str = "") -> str:
    """The visitor's choice, else ``own`` (of their account), else what the platform or the browser asks for."""
    wishes = (
        request.args.get("lang", ""),
        request.headers.get(HEADER, ""),
        request.cookies.get(COOKIE, ""),
        own,
        request.args.get("locale", ""),
    )
    for wish in wishes:
        found = known(wish)
        if found:
            return found
    return request.accept_languages.best_match(list(LANGUAGES)) or "en"


def known(text: str) -> str:
    """``tr`` for tr, tr-TR and tr_TR; "" for a language the pages don't have."""
    base = text.strip().replace("_", "-").partition("-")[0].lower()
    return base if base in LANGUAGES else ""


def direction(locale: str) -> str:
    return "rtl" if locale in RIGHT_TO_LEFT else "ltr"


def prepare(web: Flask) -> None:
    Babel(web, locale_selector=_selected, default_translation_directories=str(Path(__file__).parent / "translations"))


def _selected() -> str:
    chosen: str = g.get("locale", "")
    return chosen or asked_for()

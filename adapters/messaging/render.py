"""Messages in the reader's language: MJML and text templates, compiled once, filled in a sandbox.

``[[name]]`` in a template is a text of the language (``texts/*.json``), put in when it is compiled; ``{{ name }}`` is a fact, put
in for each mail. A fact that is missing is empty, and the templates leave its sentence out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import tzinfo
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date
from babel.numbers import format_currency, format_percent
from jinja2 import Template
from jinja2.sandbox import SandboxedEnvironment
from mjml import mjml2html

from plugin_core.clock import from_us
from plugin_core.errors import InvalidInput
from plugin_core.messaging import Content
from plugin_core.money import major

HERE = Path(__file__).parent
LANGUAGES = ("en", "tr", "ru", "fa")
RIGHT_TO_LEFT = {"fa"}
TEMPLATES = ("winback", "abandoned_checkout", "test")
FONTS = {"fa": "Vazirmatn, Tahoma, Arial, sans-serif"}

_TEXT = re.compile(r"\[\[([a-z_.]+)\]\]")
_LINKS = ("shop_url", "recovery_url", "unsubscribe_url")


class _Compiled(NamedTuple):
    subject: Template
    text: Template
    html: Template


class MailRenderer:
    """The Renderer port. A template is compiled when it is first asked for; any number of threads may share one renderer."""

    def __init__(self) -> None:
        self._plain = SandboxedEnvironment(autoescape=False, finalize=_shown, keep_trailing_newline=True, trim_blocks=False)
        self._html = SandboxedEnvironment(autoescape=True, finalize=_shown)
        self._compiled: dict[tuple[str, str], _Compiled] = {}

    def render(self, template: str, locale: str, facts: dict[str, object]) -> Content:
        if template not in TEMPLATES:
            raise InvalidInput(f"There is no message {template!r}.", mend=f"Messages: {', '.join(TEMPLATES)}.")
        language = _language(locale) or _language(str(facts.get("store_locale") or "")) or "en"
        compiled = self._compiled.get((template, language)) or self._compile(template, language)
        shown = _localised(facts, language)
        subject = " ".join(compiled.subject.render(shown).split())
        shown["subject"] = subject
        return Content(subject=subject, text=_tidy(compiled.text.render(shown)), html=compiled.html.render(shown))

    def _compile(self, name: str, language: str) -> _Compiled:
        words = _texts(language)
        made = _Compiled(
            subject=self._plain.from_string(words[f"{name}.subject"]),
            text=self._plain.from_string(_fill((HERE / "templates" / f"{name}.txt").read_text("utf-8"), words)),
            html=self._html.from_string(
                _lines(mjml2html(_fill((HERE / "templates" / f"{name}.mjml").read_text("utf-8"), words)))
            ),
        )
        # Two threads at once compile the same: whichever is kept is right.
        self._compiled[name, language] = made
        return made


@cache
def _texts(language: str) -> Mapping[str, str]:
    words: dict[str, str] = json.loads((HERE / "texts" / f"{language}.json").read_text("utf-8"))
    rtl = language in RIGHT_TO_LEFT
    return {
        **words,
        "lang": language,
        "dir": "rtl" if rtl else "ltr",
        "start": "right" if rtl else "left",
        "font": FONTS.get(language, "Helvetica, Arial, sans-serif"),
    }


def _fill(template: str, words: Mapping[str, str]) -> str:
    return _TEXT.sub(lambda found: words[found.group(1)], template)


def _lines(html: str) -> str:
    """Broken where a table ignores it: one line of 6,000 characters can't be mailed as it is."""
    return re.sub(r"(?=<(?:table|tr|td)\b)", "\n", html)


def _language(locale: str) -> str:
    language = re.split(r"[-_]", locale.strip().lower(), maxsplit=1)[0]
    return language if language in LANGUAGES else ""


def _shown(value: object) -> object:
    return "" if value is None else value


def _localised(facts: Mapping[str, object], language: str) -> dict[str, Any]:
    """Numbers, dates and money as the language writes them; a link that is none is left out."""
    shown: dict[str, Any] = dict(facts)
    percent, expires_at, total, currency = (facts.get(name) for name in ("percent", "expires_at", "total", "currency"))
    shown["percent"] = _percent(percent, language) if isinstance(percent, int) else ""
    shown["expires"] = _date(expires_at, str(facts.get("zone") or "UTC"), language) if isinstance(expires_at, int) else ""
    shown["total"] = (
        _money(total, currency, language) if isinstance(total, int) and isinstance(currency, str) and currency else ""
    )
    for name in _LINKS:
        shown[name] = _link(facts.get(name))
    items = facts.get("items")
    shown["items"] = [str(item) for item in items if item] if isinstance(items, list | tuple) else []
    shown["first_name"] = str(facts.get("first_name") or "").strip()
    return shown


@cache
def _percent(percent: int, language: str) -> str:
    return format_percent(percent / 100, locale=language)


@lru_cache(maxsize=4096)
def _date(moment: int, zone: str, language: str) -> str:
    return format_date(from_us(moment).astimezone(_zone(zone)).date(), format="long", locale=language)


@cache
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _money(amount: int, currency: str, language: str) -> str:
    return format_currency(major(amount, currency), currency, locale=language)


def _link(value: object) -> str:
    text = str(value or "")
    return text if urlsplit(text).scheme in {"http", "https"} else ""


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"

"""What is kept about a person as a page they can read, in their language: one file, nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, select_autoescape

from admin import languages
from admin.person_words import COLUMNS, SECTIONS

_HERE = Path(__file__).parent


def render(body: Mapping[str, Any], *, shop: str, at: str) -> str:
    """``body``: what export_person() gives. Whatever it holds is shown as text, never as markup."""
    profile = body.get("profile", {})
    language = languages.known(profile.get("locale") or "") or "en"
    words = _translations(language)
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(default=True),
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    sections = [
        (words.ugettext(SECTIONS.get(name, name)), [part] if isinstance(part, dict) else part) for name, part in body.items()
    ]
    return environment.get_template("person.html").render(
        shop=shop,
        at=at,
        sections=sections,
        column=lambda name: words.ugettext(COLUMNS.get(name, name)),
        locale=language,
        direction=languages.direction(language),
    )


def _translations(language: str) -> NullTranslations:
    return NullTranslations() if language == "en" else Translations.load(_HERE / "translations", [language])

"""Every sentence of the pages stands in every language, and says the same with the same names in it."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask

from admin import languages
from admin.said import in_words
from admin.said.names import NAMES
from plugin_core.offers.definitions import STOCK as STOCK_CAMPAIGNS
from plugin_core.segments.stock import STOCK
from tests.admin import core_sentences
from tests.house.files import ROOT

FOLDER = ROOT / "admin" / "translations"
_NAMED = re.compile(r"%\((\w+)\)[sd]")
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS = {"templates/**.html": {"encoding": "utf-8", "trimmed": "true"}}
_KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "N_": None, "ngettext": (1, 2)}


def catalogue(language: str) -> Catalog:
    return read_po(BytesIO((FOLDER / language / "LC_MESSAGES" / "messages.po").read_bytes()), locale=language)


@pytest.fixture(scope="module")
def sentences() -> set[str | tuple[str, str]]:
    found = extract_from_dir(ROOT / "admin", _METHODS, _OPTIONS, _KEYWORDS)
    return {message if isinstance(message, str) else tuple(message[:2]) for _, _, message, _, _ in found}


@pytest.mark.parametrize("language", ["tr", "ru", "fa"])
def test_every_sentence_is_translated(language: str, sentences: set[str | tuple[str, str]]) -> None:
    made = {
        message.id if isinstance(message.id, str) else tuple(message.id): message for message in catalogue(language) if message.id
    }
    missing = [str(sentence) for sentence in sentences if sentence not in made]
    assert not missing, f"run: make messages, then translate {len(missing)} sentences"
    for message in made.values():
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        assert all(form.strip() for form in forms), f"not translated into {language}: {message.id}"
        assert not message.fuzzy, f"not sure in {language}: {message.id}"
        wanted = {name for text in ([message.id] if isinstance(message.id, str) else message.id) for name in _NAMED.findall(text)}
        for form in forms:
            unknown = set(_NAMED.findall(form)) - wanted
            assert not unknown, f"{language}: {form} names {unknown}, which the page doesn't give"
            lost = wanted - set(_NAMED.findall(form))
            assert not lost or isinstance(message.id, tuple | list), f"{language}: {form} leaves out {lost}"


@pytest.mark.parametrize("language", ["tr", "ru", "fa"])
def test_what_is_shown_is_what_was_translated(language: str) -> None:
    compiled = read_mo(BytesIO((FOLDER / language / "LC_MESSAGES" / "messages.mo").read_bytes()))
    shown = {message.id: message.string for message in compiled if message.id and isinstance(message.id, str)}
    for message in catalogue(language):
        if message.id and isinstance(message.id, str):
            assert shown.get(message.id) == message.string, "run: make messages"


def test_no_template_holds_words_outside_of_a_translation() -> None:
    """Text between tags that is neither markup, nor an expression, nor the program's own name."""
    loose = []
    for path in sorted((ROOT / "admin" / "templates").rglob("*.html")):
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->", " ", path.read_text(), flags=re.DOTALL)
        text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
        text = re.sub(r"""[\w:-]+=(?:"[^"]*"|'[^']*')""", " ", text)  # attributes, also those that macros make
        words = re.findall(r"[A-Za-z]{3,}", re.sub(r"""<(?:[^>"']|"[^"]*"|'[^']*')*>""", " ", text))
        loose += [f"{path.relative_to(ROOT)}: {word}" for word in words if word != "Comeback"]
    assert not loose


def test_what_the_core_says_is_known_to_the_catalogues() -> None:
    for package, target in core_sentences.TARGETS.items():
        assert target.read_text() == core_sentences.written(package), "run: make messages"


def test_a_sentence_of_the_core_is_said_in_the_visitors_language() -> None:
    web = Flask("languages")
    languages.prepare(web)
    with web.test_request_context("/?lang=en"):
        for text in (
            "There is no such role.",
            "shop-1: There is a segment named Ünlü already. Choose another name.",
            "Something else",
        ):
            assert in_words(text) == text
    with web.test_request_context("/?lang=tr"):
        said = in_words("shop-1: There is a segment named Ünlü %(x)s already. Choose another name.")
        assert said.startswith("shop-1: ")
        assert "Ünlü %(x)s" in said
        assert "There is" not in said
        assert "Choose" not in said


def test_the_names_that_every_store_begins_with_are_known_to_the_catalogues() -> None:
    wanted = {text for _, name, description, _ in STOCK for text in (name, description)} | {each.name for each in STOCK_CAMPAIGNS}
    assert wanted == NAMES

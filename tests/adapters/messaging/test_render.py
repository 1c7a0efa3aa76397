"""Mails in four languages, with fallbacks where something is not known."""

from __future__ import annotations

import re

import pytest

from adapters.messaging.render import LANGUAGES, TEMPLATES, MailRenderer
from plugin_core.errors import InvalidInput

RENDERER = MailRenderer()

FACTS: dict[str, object] = {
    "first_name": "Ben",
    "percent": 10,
    "code": "CB-0123456789",
    "expires_at": 1_795_000_000_000_000,
    "zone": "Europe/Istanbul",
    "shop_name": "North",
    "shop_url": "https://north.example",
    "recovery_url": "https://north.example/r",
    "items": ["Lamp"],
    "total": 123_450,
    "currency": "EUR",
    "sender_name": "North",
    "postal_address": "Pier 1",
    "unsubscribe_url": "https://c.example/u/t",
    "store_locale": "en",
}


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("facts", [FACTS, {}, dict.fromkeys(FACTS)], ids=["all known", "nothing given", "all None"])
def test_no_mail_ever_shows_a_none_or_a_placeholder(template: str, language: str, facts: dict[str, object]) -> None:
    content = RENDERER.render(template, language, facts)
    for text in content:
        assert text.strip()
        assert not re.search(r"None|\[\[|\]\]|\{\{|\{%|Undefined", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_offer_names_the_code_in_both_parts(language: str) -> None:
    content = RENDERER.render("winback", language, FACTS)
    assert "CB-0123456789" in content.text
    assert "<bdi>CB-0123456789</bdi>" in content.html
    assert "https://c.example/u/t" in content.text
    assert 'href="https://c.example/u/t"' in content.html
    assert f'lang="{language}"' in content.html
    assert ('dir="rtl"' in content.html) is (language == "fa")
    # Every block says its direction by itself: one that says the wrong one puts the full stop before the sentence.
    assert set(re.findall(r"direction:(\w+)", content.html)) == {"rtl" if language == "fa" else "ltr"}


def test_numbers_dates_and_money_are_written_as_the_reader_writes_them() -> None:
    texts = {language: RENDERER.render("abandoned_checkout", language, FACTS).text for language in LANGUAGES}
    assert "10% off" in texts["en"]
    assert "€1,234.50" in texts["en"]
    assert "November 18, 2026" in texts["en"]
    assert "%10 indirim" in texts["tr"]
    assert "€1.234,50" in texts["tr"]
    assert "18 Kas\u0131m 2026" in texts["tr"]
    assert "10\xa0%" in texts["ru"]
    assert "18 ноября 2026" in texts["ru"]


def test_somebody_without_a_name_is_greeted_all_the_same() -> None:
    assert RENDERER.render("winback", "en", {**FACTS, "first_name": None}).text.startswith("Hello there,")
    assert RENDERER.render("winback", "ru", {**FACTS, "first_name": " "}).text.startswith("Здравствуйте!")


def test_a_reminder_without_a_discount_mentions_none() -> None:
    content = RENDERER.render("abandoned_checkout", "en", {**FACTS, "percent": 0, "code": "", "expires_at": None})
    assert content.subject == "You left something behind"
    assert "code" not in content.text.lower()
    assert "0%" not in content.html.replace("100%", "").replace("120%", "")


@pytest.mark.parametrize(
    ("locale", "store_locale", "starts"),
    [("tr-TR", "en", "Merhaba"), ("fa_IR", "en", "سلام"), ("de", "ru", "Здравствуйте"), ("", "", "Hello")],
)
def test_the_reader_s_language_comes_first_then_the_store_s(locale: str, store_locale: str, starts: str) -> None:
    assert RENDERER.render("winback", locale, {**FACTS, "store_locale": store_locale}).text.startswith(starts)


def test_what_shoppers_and_stores_write_is_shown_and_never_run() -> None:
    facts = {
        **FACTS,
        "first_name": "{{ 7*7 }}<img src=x>",
        "items": ["<script>1</script>"],
        "recovery_url": "javascript:alert(1)",
    }
    content = RENDERER.render("abandoned_checkout", "en", facts)
    assert "{{ 7*7 }}<img src=x>" in content.text
    assert "&lt;img src=x&gt;" in content.html
    assert "<script>" not in content.html
    assert "javascript:" not in content.html + content.text


def test_a_message_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no message 'birthday'"):
        RENDERER.render("birthday", "en", {})

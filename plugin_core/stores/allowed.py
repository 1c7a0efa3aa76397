"""What values a setting takes beyond its type: said in the merchant's words, refused before anything is saved."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

_MOST = {"quiet_from": 23, "quiet_until": 24, "visit_hours": 168}
_MOST_OTHERWISE = 3650  # days, months and mails beyond it are slips of the finger, and overflow calendars
_LONGEST, _LONGEST_NAME, _MOST_TIERS = 500, 40, 12
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\.]+")


class Rule(NamedTuple):
    holds: Callable[[Any], bool]
    words: str


def _plain(value: str) -> bool:
    return value.isprintable() and len(value) <= _LONGEST


def _text(value: str) -> bool:
    return len(value) <= _LONGEST


def _tiers(value: Sequence[Any]) -> bool:
    """They become tags in the store, which knows no case and splits at commas."""
    names = [tier.name.casefold() for tier in value]
    fit = all(0 < len(name) <= _LONGEST_NAME and name.isprintable() and not set(name) & set(",;=") for name in names)
    return fit and len(set(names)) == len(names) and len(names) <= _MOST_TIERS


def _rate(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value <= 1_000_000


def _rates(value: Mapping[str, str]) -> bool:
    return all(re.fullmatch(r"[A-Z]{3}", code) and _rate(Decimal(rate)) and Decimal(rate) > 0 for code, rate in value.items())


def _rising(value: tuple[float, ...]) -> bool:
    return value[0] > 0 and all(low < high for low, high in pairwise(value)) and value[-1] <= 1000


def _email(value: str) -> bool:
    return not value or _EMAIL.fullmatch(value) is not None


RULES: Mapping[str, Rule] = {
    "sender_name": Rule(_plain, "It has to be one line of at most 500 letters."),
    "postal_address": Rule(_text, "Write at most 500 letters."),
    "consent_meta_key": Rule(
        lambda value: re.fullmatch(r"[A-Za-z0-9_.:-]{0,100}", value) is not None,
        "Write the key as it stands there, like my_optin.",
    ),
    "tiers": Rule(_tiers, "Give each tier a name of its own: at most 40 letters, without , ; and =. There may be 12."),
    "sender_email": Rule(_email, "Write it like hello@example.com."),
    "reply_to": Rule(_email, "Write it like help@example.com."),
    # A prefix that a merchant's own tags may begin with would have them removed.
    "tag_prefix": Rule(
        lambda value: re.fullmatch(r"[A-Za-z0-9_-]{1,20}:", value) is not None,
        "Write letters or digits and a colon, like cb: - tags that begin so are ours to remove.",
    ),
    "code_prefix": Rule(
        lambda value: re.fullmatch(r"[A-Za-z0-9_-]{0,20}", value) is not None,
        "Write at most 20 letters, digits, - and _.",
    ),
    "locale": Rule(
        lambda value: re.split(r"[-_]", value.lower())[0] in {"en", "tr", "ru", "fa"}, "Write one of en, tr, ru and fa."
    ),
    "digits": Rule(lambda value: value in {"locale", "latin"}, "Write locale or latin."),
    "calendar": Rule(lambda value: value in {"gregorian", "persian"}, "Write gregorian or persian."),
    "earn_rate": Rule(_rate, "Write a number from 0 on, like 1 or 0.5."),
    "exchange_rates": Rule(_rates, "Write currency=rate by commas, like USD=0.92,TRY=0.02."),
    "lifecycle_boundaries": Rule(_rising, "Write four rising numbers, like 1,2,3,6."),
}


def objection(name: str, value: Any) -> str:
    """Why ``value`` can't be taken, as a sentence that shows what can; "" where it can."""
    if isinstance(value, int) and not isinstance(value, bool):
        most = _MOST.get(name, _MOST_OTHERWISE)
        return f"It may be at most {most}." if value > most else ""
    rule = RULES.get(name)
    return "" if rule is None or rule.holds(value) else rule.words

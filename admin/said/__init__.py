"""What the core and the adapters say in English, said in the visitor's language."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from flask_babel import get_translations

from admin.said.core import SENTENCES as OF_THE_CORE
from admin.said.names import NAMES
from admin.said.stores import SENTENCES as OF_STORES

_NAMED = re.compile(r"%\\\((p\d+)\\\)s")
_STORE = re.compile(r"^([a-z0-9-]+): ")


class _Pattern(NamedTuple):
    sentence: str
    matches: re.Pattern[str]


def in_words(text: str) -> str:
    """``text`` may be several sentences, with the store's key before them; one that is not known stays English."""
    whole = _translated(text)
    if whole is not None:
        return whole
    store = _STORE.match(text)
    if store is not None:
        return f"{store[1]}: {in_words(text[store.end() :])}"
    for place in [found.end() for found in re.finditer(r"[.?] ", text)]:
        first = _translated(text[:place].strip())
        if first is not None:
            return f"{first} {in_words(text[place:])}"
    return text


def named(name: str) -> str:
    """A segment or campaign: the ones every store begins with have names of ours, all others the merchant's."""
    return str(get_translations().ugettext(name)) if name in NAMES else name


def _translated(text: str) -> str | None:
    """None where nobody is known to say so."""
    for pattern in _patterns():
        found = pattern.matches.fullmatch(text)
        if found is not None:
            return str(get_translations().ugettext(pattern.sentence)) % found.groupdict()
    return None


@cache
def _patterns() -> tuple[_Pattern, ...]:
    """Those with the most words of their own first: a sentence of hardly more than a name fits everything."""
    known = sorted({*OF_THE_CORE, *OF_STORES}, key=lambda each: -len(_NAMED.sub("", re.escape(each))))
    return tuple(_Pattern(each, _regex(each)) for each in known)


def _regex(sentence: str) -> re.Pattern[str]:
    return re.compile(_NAMED.sub(r"(?P<\1>.+?)", re.escape(sentence).replace("%%", "%")), re.DOTALL)

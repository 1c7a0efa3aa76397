"""How people are written and how they are looked for, brought to one spelling: no case, no accents, one set of digits. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

# What no decomposition brings to its plain letter, and letters that two keyboards give for one.
_ALIKE = str.maketrans(
    {
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        **dict(zip("øłđð", "oldd", strict=True)),
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        # Arabic letters to those of a Persian keyboard; the joiner and the stretching line say nothing.
        **dict(zip("يىكة", "ییک\N{ARABIC LETTER HEH}", strict=True)),
        "\u200c": None,
        "\u0640": None,
    }
)
_PARTS = re.compile(r"[\s.,;:/\\|()\[\]{}<>\"'`_+\-]+")
_LOCAL_PARTS = re.compile(r"[._+\-]+")
_PHONE = re.compile(r"[\d\s()+./\-]+")
LONGEST = 200  # letters of a name or a word that are kept: an index takes no more than a page
LAST = "\U0010ffff"  # sorts behind every name: nothing is known to call the person by

STARTS, ENDS = "+", "-"  # a phone number read forwards with its country, and backwards
MAIL = "@"  # a whole address
TAG = "tag:"


class Spelt(NamedTuple):
    """What is kept to find and to order a person by."""

    name: str
    words: str  # each with a space before it


def fold(text: str) -> str:
    """One spelling for what reads alike: "Öztürk" and "OZTURK", "ي" and "ی", "۱۲" and "12"."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return "".join(_digit(letter) for letter in plain.translate(_ALIKE)).replace("\0", "")


def _digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter


def tag_term(tag: str) -> str:
    """A store's tag as one word, whatever spaces it has."""
    return (TAG + "\x1f".join(fold(tag).split()))[:LONGEST]


def spell(first: str, last: str, addresses: Iterable[str], phone: str, tags: Iterable[str]) -> Spelt:
    """``addresses``: e-mails in identity form, the one we write to first; ``tel:+...`` among them is a phone."""
    name = " ".join(fold(f"{first} {last}").split())
    found: dict[str, None] = dict.fromkeys(word for word in _PARTS.split(name) if word)
    found |= dict.fromkeys(name.split())
    mails = [fold(each) for each in addresses if each and not each.startswith("tel:")]
    for mail in mails:
        found[MAIL + mail] = None
        found |= dict.fromkeys(word for word in _LOCAL_PARTS.split(mail.partition("@")[0]) if word)
    for number in {phone, *(each.removeprefix("tel:") for each in addresses if each.startswith("tel:"))}:
        digits = "".join(letter for letter in fold(number) if letter.isdigit())
        if digits:
            found |= {STARTS + digits: None, ENDS + digits[::-1]: None}
    found |= dict.fromkeys(tag_term(tag) for tag in tags if tag.strip())
    words = sorted({word[:LONGEST] for word in found})
    return Spelt((name or (mails[0] if mails else LAST))[:LONGEST], "".join(f" {word}" for word in words))


def terms(words: str) -> list[str]:
    return words.split(" ")[1:]


def asked(text: str) -> list[tuple[str, ...]]:
    """What was typed as words, each with the beginnings that answer it; a person has to answer every word."""
    whole = " ".join(fold(text).split())[:LONGEST]
    digits = "".join(letter for letter in whole if letter.isdigit())
    if len(digits) >= 4 and _PHONE.fullmatch(whole):
        plain = tuple(part for part in (whole,) if " " not in part and not part.startswith((STARTS, ENDS)))
        return [(*plain, STARTS + digits, *([] if whole.startswith("+") else [ENDS + digits.lstrip("0")[::-1]]))]
    if whole.startswith(TAG):
        return [(TAG + "\x1f".join(whole.removeprefix(TAG).split()),)]
    return [(word,) for part in whole.split() for word in ([MAIL + part] if "@" in part else _name_words(part))]


def _name_words(part: str) -> list[str]:
    """Of "O'Brien-Smith" it asks for each of its parts, as a name is kept; "ada.love" may be the beginning of an address."""
    return [word for word in _PARTS.split(part) if word]

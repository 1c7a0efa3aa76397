"""Who a list of people should show and in which order, worked out from plain rows by looking at everybody."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BEHIND_ALL = chr(0x10FFFF)


@dataclass(frozen=True)
class Person:
    id: int
    first: str = ""
    last: str = ""
    emails: tuple[str, ...] = ()
    phone: str = ""
    tags: tuple[str, ...] = ()
    country: str = ""
    lifecycle: str = "prospect"
    orders: int = 0
    spent: int = 0
    last_order: int | None = None
    points: int = 0
    numbers: tuple[str, ...] = ()  # of orders
    codes: tuple[str, ...] = ()


def plain(text: str) -> str:
    """Without case and accents; a dotless i is an i."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return (
        "".join(letter for letter in apart if unicodedata.category(letter) != "Mn")
        .replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")
        .replace("ø", "o")
        .replace("ك", "ک")
        .replace("ي", "ی")
    )


def _pieces(text: str, separators: str) -> list[str]:
    for separator in separators:
        text = text.replace(separator, " ")
    return text.split()


def is_meant(person: Person, typed: str) -> bool:
    """Every word typed begins a word of the name or an address; or the whole is an order's number, a code or a phone."""
    whole = plain(typed).strip()
    if not whole:
        return True
    if typed.strip().lstrip("#") in {number.lstrip("#") for number in person.numbers}:
        return True
    if whole in {plain(code) for code in person.codes}:
        return True
    digits = "".join(letter for letter in whole if letter.isdigit())
    held = "".join(letter for letter in person.phone if letter.isdigit())
    known = [*plain(f"{person.first} {person.last}").split(), *_pieces(plain(f"{person.first} {person.last}"), ".,;'-_+/")]
    for email in person.emails:
        known += [plain(email), *_pieces(plain(email.split("@")[0]), "._+-")]
    if len(digits) >= 4 and all(letter.isdigit() or letter in " +-./()" for letter in whole):
        as_phone = held.startswith(digits) or (not whole.startswith("+") and held.endswith(digits.lstrip("0")))
        return bool(held and as_phone) or (whole.isdigit() and any(word.startswith(whole) for word in known))
    asked = [piece for part in whole.split() for piece in ([part] if "@" in part else _pieces(part, ".,;'-_+/"))]
    return all(any(word.startswith(piece) for word in known) for piece in asked)


def carries(person: Person, tag: str) -> bool:
    return plain(tag) in {plain(each) for each in person.tags}


def ordered(people: Iterable[Person], by: str, descending: bool) -> list[Person]:
    """Ties by id; whoever never ordered comes lowest."""

    def key(person: Person) -> tuple[object, ...]:
        if by == "name":
            name = " ".join(plain(f"{person.first} {person.last}").split())
            return (name or (plain(person.emails[0]) if person.emails else BEHIND_ALL), person.id)
        if by == "last_order":
            return (person.last_order is not None, person.last_order or 0, person.id)
        return ({"orders": person.orders, "spent": person.spent, "points": person.points}[by], person.id)

    return sorted(people, key=key, reverse=descending)


def pages(people: Sequence[Person], size: int) -> list[list[Person]]:
    return [list(people[start : start + size]) for start in range(0, len(people), size)]

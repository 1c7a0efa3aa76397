"""How a segment may be called, and the short name it gets for ever."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from plugin_core.errors import InvalidInput
from plugin_core.segments.models import Segment

RESERVED = frozenset({"new", "count", "rows"})  # stand where a short name stands in the addresses of the pages
LONGEST_NAME = 80
LONGEST_DESCRIPTION = 300
_LONGEST_SLUG = 40
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def name(text: str, others: Iterable[Segment]) -> str:
    """InvalidInput where it is empty, too long or the name of one of ``others`` that is still there."""
    shown = _line(text, "name", LONGEST_NAME)
    if not shown:
        raise InvalidInput("A segment needs a name.", mend="Write what the people in it have in common.")
    if any(other.name.casefold() == shown.casefold() for other in others if other.archived_at is None):
        raise InvalidInput(f"There is a segment named {shown} already.", mend="Choose another name.")
    return shown


def description(text: str) -> str:
    return _line(text, "description", LONGEST_DESCRIPTION)


def given_slug(text: str, taken: set[str]) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", text) or text in taken | RESERVED:
        raise InvalidInput(
            f"{text!r} can't name a segment.", mend="Use up to 40 small letters, digits and _, a letter first, not used yet."
        )
    return text


def free_slug(text: str, taken: set[str]) -> str:
    """Made from a name in any script."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[: _LONGEST_SLUG - 4].strip("_")
    if not base or not base[0].isalpha():
        base = f"segment_{base}".strip("_")[: _LONGEST_SLUG - 4]
    further, slug = 1, base
    while slug in taken | RESERVED:
        further += 1
        slug = f"{base}_{further}"
    return slug


def _line(text: str, what: str, longest: int) -> str:
    """One line of plain text. Letters and joiners of any script are welcome, signs that turn the reading direction are not."""
    shown = " ".join(text.split())
    if len(shown) > longest:
        raise InvalidInput(f"The {what} is {len(shown)} characters long.", mend=f"At most {longest} are allowed.")
    if any(unicodedata.category(sign) in {"Cc", "Cs"} or sign in _TURNS for sign in shown):
        raise InvalidInput(f"The {what} has a sign in it that can't be shown.", mend="Type it again instead of pasting it.")
    return shown

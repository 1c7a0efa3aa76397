"""The GraphQL documents, one a file, used as they stand."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@cache
def document(name: str) -> str:
    return (_FOLDER / f"{name}.graphql").read_text(encoding="utf-8")


def names() -> list[str]:
    return sorted(path.stem for path in _FOLDER.glob("*.graphql"))

"""The project speaks of itself alone, and of nobody's machine."""

from __future__ import annotations

import re

import pytest

from tests.house.files import read, texts

pytestmark = pytest.mark.fast

# A letter in brackets keeps each pattern from finding itself.
FORBIDDEN = [
    r"(?<![\w.])/(?:[w]ork|[r]oot|[h]ome/\w+)/",  # somebody's machine
    r"\.\./[s]hared",
    r"[h]andbook/",
    r"[p]ypi\.org",
    r"[p]ythonhosted",
    r"registry\.[n]pmjs",
    r"proxy\.[g]olang",
    r"\b[i]ssue (?:no\. ?|#)?\d+",
    r"-----[B]EGIN (?:RSA |EC |OPENSSH )?PRIVATE",
]
PATTERN = re.compile("|".join(FORBIDDEN), re.IGNORECASE)


def test_no_file_speaks_of_other_things_than_the_project() -> None:
    found = []
    for path in texts():
        for number, line in enumerate(read(path).splitlines(), start=1):
            hit = PATTERN.search(line)
            if hit:
                found.append(f"{path}:{number}: {hit.group()}")
    assert not found

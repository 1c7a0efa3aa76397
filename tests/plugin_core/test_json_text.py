"""Names with a NUL inside are kept without it; everything else stays to the byte."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from plugin_core.json_text import without_nul


@given(st.dictionaries(st.text(alphabet='a\\u0\x00"é'), st.text(alphabet='a\\u0\x00"é')))
def test_a_name_loses_its_nul_characters_and_nothing_else(names: dict[str, str]) -> None:
    cleaned = json.loads(without_nul(json.dumps(names).encode()))
    assert sorted(cleaned.values()) == sorted({k.replace("\0", ""): v.replace("\0", "") for k, v in names.items()}.values())


def test_a_backslash_before_the_letters_u0000_is_no_nul() -> None:
    raw = json.dumps("C:\\u0000").encode()
    assert without_nul(raw) == raw

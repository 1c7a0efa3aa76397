"""A mail greets people by the name they gave, and by none where the field holds something else."""

from __future__ import annotations

import pytest

from plugin_core.offers.mails import greeting_name


@pytest.mark.parametrize("name", ["Ada", "İpek", "Ёлка", "علی‌رضا", "Mary-Jane O'Neill", "J.R.", "李小龍", " Ada  Maria "])
def test_a_name_is_kept(name: str) -> None:
    assert greeting_name(name) == " ".join(name.split())


@pytest.mark.parametrize(
    "typed",
    [
        None,
        "",
        "   ",
        "You won! http://evil.example",
        "www.evil.example",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "call 5551234",
        "ada@example.com",
        "\u202egnihtemos",
        "x\x00y",
        "A" * 41,
    ],
)
def test_advertising_and_tricks_are_left_out(typed: str | None) -> None:
    assert greeting_name(typed) == ""

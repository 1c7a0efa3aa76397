"""Passwords as they are kept."""

from __future__ import annotations

import pytest

from plugin_core.errors import InvalidInput
from plugin_core.team.passwords import hash_password, matches


def test_a_password_is_kept_as_a_slow_salted_hash():
    one, other = hash_password("correct horse battery"), hash_password("correct horse battery")
    assert one != other
    assert one.startswith("scrypt$32768$8$3$")
    assert matches("correct horse battery", one)
    assert not matches("correct horse batterx", one)
    assert not matches("correct horse battery", "")


@pytest.mark.parametrize("text", ["short", "x" * 1025])
def test_a_password_that_protects_nothing_or_stops_the_machine_is_refused(text):
    with pytest.raises(InvalidInput):
        hash_password(text)
    assert not matches("x" * 1_000_000, "scrypt$32768$8$3$AA==$AA==")

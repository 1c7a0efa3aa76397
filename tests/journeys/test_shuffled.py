"""A bad day of deliveries, and one reconciliation later all is as if nothing had been lost, doubled or shuffled."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests import postgres
from tests.journeys.shuffled import run


@pytest.mark.timeout(180)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_after_a_bad_day_and_one_reconciliation_both_stores_are_known_as_they_are(
    kind: str, run_folder: Path, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    try:
        verdict = run(tmp_path, run_folder, kind, 40, 400, seed)
    except postgres.PostgresMissing as problem:
        pytest.fail(str(problem), pytrace=False)
    assert verdict.lost > 10
    assert verdict.twice > 10
    assert not verdict.differences, f"seed {seed}: {verdict.differences[:3]}"

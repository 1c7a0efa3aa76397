"""Web processes, workers and schedulers are killed while orders come in: nothing is lost, nothing is done twice."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests import postgres
from tests.journeys.soak import soak
from tests.redis import RedisMissing


@pytest.mark.timeout(400)
def test_machines_that_die_lose_nothing_and_do_nothing_twice(run_folder: Path, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    try:
        figures = soak(tmp_path, run_folder, 8, seed)
    except (postgres.PostgresMissing, RedisMissing) as problem:
        pytest.fail(str(problem), pytrace=False)
    assert not figures.wrong, f"seed {seed}: {figures.shown()}"
    assert sum(figures.kills.values()) >= 3
    assert figures.leaders == 1
    assert figures.lags

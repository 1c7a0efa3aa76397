"""What happens in two stores is known here, and shown there, within moments: a short and quiet run of the real thing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.journeys.happenings import percentile
from tests.journeys.news import KNOWN_WITHIN_S, SHOWN_WITHIN_S, open_news, told

# What a machine that does other work at the same time may add.
_PATIENCE = 3.0


@pytest.mark.timeout(240)
def test_what_happens_in_a_store_is_known_and_what_follows_is_shown_within_moments(run_folder: Path, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    with open_news(tmp_path, run_folder, 60, seed) as (news, environment, port):
        with told(news, environment, port):
            news.drain(60)
            news.quiet(3)
            news.busy(4, 15, ("shopify", "woocommerce"))
            news.drain(60)
        news.judge()
    figures = news.figures
    assert not figures.wrong, f"seed {seed}: {figures.as_json()}"
    lags = [lag for kind in figures.known.values() for lag in kind]
    assert len(lags) >= 10
    assert percentile(lags, 0.95) <= KNOWN_WITHIN_S * _PATIENCE, f"seed {seed}: {figures.as_json()}"
    assert figures.shown.keys() == {"shopify", "woocommerce"}
    for shown in figures.shown.values():
        assert percentile(shown, 0.95) <= SHOWN_WITHIN_S * _PATIENCE, f"seed {seed}: {figures.as_json()}"
    assert figures.bucket_least >= 0.5

"""Every page of the route table in a real browser: nobody is shut out, nothing is heavy, nothing jumps, nothing breaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from comeback.serving import create_web
from tests.admin.browser.chrome import serving
from tests.admin.browser.walk import OTHERS, Seen, paths, walk
from tests.admin.world import World

MOST_BYTES = 150_000
MOST_SHIFT = 0.02


@pytest.fixture(scope="module")
def seen(browser: Browser, furnished: World) -> Iterator[list[Seen]]:
    """On PostgreSQL in English only: what a browser makes of a page doesn't depend on the database, the page itself may."""
    languages = ("en", *OTHERS) if furnished.app.database.engine.dialect.name == "sqlite" else ("en",)
    with serving(create_web(furnished.app, open_to_all=True)) as url:
        yield list(walk(browser, furnished, url, languages=languages))


def test_every_page_opens(seen: list[Seen], furnished: World) -> None:
    times = min(2, len({one.language for one in seen}))
    assert Counter(one.rule for one in seen) == Counter({rule: times for rule, _path in paths(furnished)})
    assert {one.language for one in seen} in ({"en", *OTHERS}, {"en"})
    assert {one.rule for one in seen if one.status not in {200, 404}} == set()
    assert len({one.rule for one in seen if one.status == 404}) <= 3, "those whose example does not exist"


def test_nobody_is_shut_out_in_any_language_or_light(seen: list[Seen]) -> None:
    assert [(one.language, one.rule, each) for one in seen for each in one.barriers] == []


def test_no_page_is_wider_than_a_phone(seen: list[Seen]) -> None:
    assert [(one.language, one.rule, one.wide) for one in seen if one.wide > 0] == []


def test_no_page_weighs_more_than_150_kilobytes_at_the_first_visit(seen: list[Seen]) -> None:
    assert [(one.language, one.rule, one.bytes) for one in seen if not 5_000 < one.bytes <= MOST_BYTES] == []


def test_nothing_jumps_while_a_page_is_built_up(seen: list[Seen]) -> None:
    assert [(one.language, one.rule, one.shift) for one in seen if one.shift > MOST_SHIFT] == []


def test_the_browser_complains_of_nothing(seen: list[Seen]) -> None:
    """No error of a script, nothing refused by the page's own policy."""
    assert [(one.language, one.rule, each) for one in seen for each in one.problems if one.status == 200] == []

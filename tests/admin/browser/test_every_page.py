"""Every page of the route table in a real browser: nobody is shut out, nothing is heavy, nothing jumps, nothing breaks."""

from __future__ import annotations

from collections import Counter

from playwright.sync_api import Browser

from comeback.serving import create_web
from tests.admin.browser.chrome import serving
from tests.admin.browser.walk import OTHERS, paths, walk
from tests.admin.world import World

MOST_BYTES = 150_000
MOST_SHIFT = 0.02


def test_every_page_opens_to_everybody_weighs_little_and_stays_in_place(browser: Browser, furnished: World) -> None:
    """On PostgreSQL in English only: what a browser makes of a page doesn't depend on the database, the page itself may.

    One test, since the walk takes a minute: shut out is nobody in any language or light, nothing is wider than a phone, the first
    visit is light, nothing jumps while a page is built up, and neither a script nor the page's own policy complains.
    """
    languages = ("en", *OTHERS) if furnished.app.database.engine.dialect.name == "sqlite" else ("en",)
    with serving(create_web(furnished.app, open_to_all=True)) as url:
        seen = list(walk(browser, furnished, url, languages=languages))
    times = min(2, len(languages))
    assert Counter(one.rule for one in seen) == Counter({rule: times for rule, _path in paths(furnished)})
    assert {one.language for one in seen} == set(languages)
    assert {one.rule for one in seen if one.status not in {200, 404}} == set()
    assert len({one.rule for one in seen if one.status == 404}) <= 3, "those whose example does not exist"
    found = {
        "shut out": [(one.language, one.rule, each) for one in seen for each in one.barriers],
        "too wide": [(one.language, one.rule, one.wide) for one in seen if one.wide > 0],
        "too heavy": [(one.language, one.rule, one.bytes) for one in seen if not 5_000 < one.bytes <= MOST_BYTES],
        "jumps": [(one.language, one.rule, one.shift) for one in seen if one.shift > MOST_SHIFT],
        "complaints": [(one.language, one.rule, each) for one in seen for each in one.problems if one.status == 200],
    }
    assert not any(found.values()), found

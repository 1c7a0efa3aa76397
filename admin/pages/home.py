"""Home: how the store stands in a sentence, what is next, what needs somebody, the past year in pictures, what offers brought."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import Response, make_response
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from admin import formats, home_pictures, won_words, words
from admin.desk import Desk
from admin.routes import Pages
from admin.visitor import Visitor
from plugin_core.insights import figures
from plugin_core.insights.setup import Setup, setup
from plugin_core.insights.standing import at_stake, ratio
from plugin_core.insights.sync_health import Health, health
from plugin_core.stores import settings as store_settings
from plugin_core.stores.models import Store

_SYNC = "/app/sync"


class Step(NamedTuple):
    done: bool
    name: str
    help: str
    path: str  # "" where nothing can be done but wait
    button: str


class Need(NamedTuple):
    words: str
    path: str


def create_pages(desk: Desk) -> Pages:
    pages = Pages("home", desk)

    @pages.get("/app")
    def home(who: Visitor) -> Response:
        with desk.database.read() as session:
            return pages.render("home/home.html", who, **_home(session, who, desk.clock()))

    @pages.get("/app/import-progress")
    def importing(who: Visitor) -> Response:
        """How far the first import is, for a page that is shown already; once it is through the whole page is read anew."""
        with desk.database.read() as session:
            store = session.get_one(Store, who.store_id)
            if store.yardsticks_at is not None:
                through = make_response("")
                through.headers["HX-Refresh"] = "true"
                return through
            found = health(session, store, now=desk.clock(), rejected=1)
        return pages.render("home/importing.html", who, health=found, store=store, resources=words.RESOURCES)

    return pages


def _home(session: Session, who: Visitor, now: int) -> dict[str, Any]:
    store = session.get_one(Store, who.store_id)
    settings, _version = store_settings.current(session, store)
    found, kept = health(session, store, now=now, rejected=1), figures.read(session, store.id)
    stands = kept.get(figures.STANDING)
    state = setup(session, store, settings)
    values: dict[str, Any] = {
        "store": store, "health": found, "setup": state, "steps": list(_steps(state)), "needs": list(_needs(found)),
        "resources": words.RESOURCES, "stands": None,
    }  # fmt: skip
    if stands is None:
        return values
    late, worth = at_stake(stands.body)
    body = stands.body
    months = kept[figures.MONTHS].body["months"] if figures.MONTHS in kept else []
    return {
        **values, "stands": body, "at": stands.at, "late": late, "worth": worth,
        "average": body["net"] // body["priced"] if body["priced"] else None,
        "repeat": ratio(body["repeat_buyers"], body["buyers"]),
        "retention": ratio(months[-2]["came_back"], months[-2]["with_us"]) if len(months) > 1 else None,
        "last_month": months[-2]["month"] if len(months) > 1 else "",
        "stages": [(stage, words.lifecycle(stage), each) for stage, each in body["stages"].items()],
        "course": home_pictures.stages(figures.lifecycle_weeks(session, store, now=now)),
        "people": home_pictures.people(months), "orders": home_pictures.average_order(months, who.currency),
        "cohorts": home_pictures.cohorts(kept[figures.COHORTS].body["cohorts"]) if figures.COHORTS in kept else None,
        "won": _won(kept[figures.RESULTS], who.currency) if figures.RESULTS in kept else None,
    }  # fmt: skip


def _steps(state: Setup) -> Iterator[Step]:
    yield Step(
        state.imported and state.worked_out, gettext("Bring in your customers and orders"),
        gettext("This goes on by itself. Nobody is written to about the past."), "", "",
    )  # fmt: skip
    yield Step(
        state.sender, gettext("Say who the mails come from"),
        gettext("A name, an address that answers, and your postal address: the law wants them in every mail."),
        "/app/settings", gettext("Fill in the sender"),
    )  # fmt: skip
    yield Step(
        bool(state.campaign), gettext("Start a first campaign"),
        gettext("You see exactly whom it would reach before anything goes out."),
        "/app/campaigns/winback", gettext("Look at win-back"),
    )  # fmt: skip


def _needs(found: Health) -> Iterator[Need]:
    """What doesn't mend itself."""
    if found.store.state != "connected":
        yield Need(gettext("The store doesn't let us in any more. Connect it again."), _SYNC)
    if found.webhooks_problem:
        yield Need(gettext("The store doesn't tell us of changes as it should."), _SYNC)
    if found.rejected_count:
        count = found.rejected_count
        said = ngettext(
            "%(count)s record could not be read. It is kept and tried again.",
            "%(count)s records could not be read. They are kept and tried again.", count, count=formats.number(count),
        )  # fmt: skip
        yield Need(said, _SYNC)
    if found.deliveries_dead:
        yield Need(gettext("Something that the store told us could not be taken in and was given up."), _SYNC)
    if found.writes_dead:
        yield Need(gettext("Something that was to be shown in the store could not be written and was given up."), _SYNC)
    if found.tasks:
        yield Need(gettext("A part of the work keeps failing."), _SYNC)


def _won(kept: figures.Figures, currency: str) -> dict[str, Any]:
    body = kept.body
    if not body["campaigns"]:
        return {}
    beyond = won_words.beyond(body["incremental"], body["treated"], body["held_out"], currency)
    return {"at": kept.at, "orders": won_words.orders(body["orders"], body["net"], currency), "beyond": beyond}

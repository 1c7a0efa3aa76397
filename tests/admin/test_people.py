"""The customers pages: found while typing or without a script, changed by plain forms, and never a word of markup from a name."""

from __future__ import annotations

import re

from sqlalchemy import select

from plugin_core import bulk
from plugin_core.customers import terms
from plugin_core.customers.models import Customer, CustomerMerge
from plugin_core.customers.privacy.models import PrivacyRequest
from plugin_core.orders.models import CustomerStats
from tests.admin.paths import example
from tests.admin.world import World

EVIL = '"><script>alert(1)</script>'


def somebody(world: World, order: str = "s.orders_count DESC, c.id") -> Customer:
    sql = (
        "SELECT c.id FROM customers c JOIN customer_stats s ON s.customer_id = c.id "
        f"WHERE s.store_id = ? AND c.email <> '' AND c.first_name <> '' ORDER BY {order} LIMIT 1"
    )
    with world.app.database.read() as session:
        (found,) = bulk.select(session, sql, world.stores["shopify"].id)[0]
        return session.get_one(Customer, found)


def keys(text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/app/customers/([0-9a-f]{16})"', text)


def test_a_person_is_found_by_the_beginning_of_a_name_or_address(shared_world: World) -> None:
    token, person = shared_world.shopify_token(), somebody(shared_world)
    for typed in (person.email, person.email[:7], person.last_name[:3], f"{person.first_name} {person.last_name[:2]}".upper()):
        shown = (
            shared_world.get("/app/customers", token)
            if not typed
            else shared_world.web.test_client().get(
                "/app/customers", query_string={"q": typed}, headers={"Authorization": f"Bearer {token}"}
            )
        )
        assert shown.status_code == 200
        assert person.key in keys(shown.text), typed
    assert 'method="get" action="/app/customers"' in shown.text


def test_everybody_is_on_exactly_one_page_and_headings_turn_the_order(shared_world: World) -> None:
    token, store = shared_world.shopify_token(), shared_world.stores["shopify"]
    with shared_world.app.database.read() as session:
        wanted = {row[0] for row in bulk.select(
            session, "SELECT c.key FROM customer_stats s JOIN customers c ON c.id = s.customer_id WHERE s.store_id = ?", store.id
        )}  # fmt: skip
    shown = shared_world.get("/app/customers?sort=name&dir=up", token)
    found = keys(shown.text)
    assert len(found) == len(set(found))
    assert set(found) <= wanted
    assert 'aria-sort="ascending"' in shown.text
    assert "sort=name&amp;dir=down" in shown.text
    assert shared_world.get("/app/customers?lifecycle=nonsense", token).status_code == 400
    assert shared_world.get("/app/customers?segment=none", token).status_code == 404
    assert shared_world.get("/app/customers?at=xx&sort=;drop", token).status_code == 200


def test_the_profile_answers_who_what_and_why(shared_world: World) -> None:
    person = somebody(shared_world)
    for language in ("en", "fa"):
        shown = shared_world.get(f"/app/customers/{person.key}?lang={language}", shared_world.shopify_token())
        assert shown.status_code == 200
        assert person.email in shown.text
        assert "<details><summary><strong>" in shown.text
        assert "style=" not in shown.text
    assert "Order #" in shared_world.get(f"/app/customers/{person.key}?kind=order", shared_world.shopify_token()).text


def test_a_name_full_of_markup_is_shown_as_text(fresh_world: World) -> None:
    person = somebody(fresh_world)
    with fresh_world.app.database.write() as session:
        session.get_one(Customer, person.id).first_name = EVIL
        session.flush()
        terms.follow_everywhere(session, [person.id])
    token = fresh_world.shopify_token()
    fresh_world.post(f"/app/customers/{person.key}/note", {"text": EVIL}, token)
    for path in ("/app/customers?sort=orders&dir=down", f"/app/customers/{person.key}", f"/app/customers/{person.key}/erase"):
        shown = fresh_world.get(path, token)
        assert shown.status_code == 200
        assert EVIL not in shown.text
        assert "<script>alert" not in shown.text
        assert "&lt;script&gt;alert(1)" in shown.text, path


def test_orders_that_can_not_be_seen_are_said_to_be_known_as_a_total_only(fresh_world: World) -> None:
    person = somebody(fresh_world)
    path, token = f"/app/customers/{person.key}", fresh_world.shopify_token()
    assert "only as a total" not in fresh_world.get(path, token).text
    with fresh_world.app.database.write() as session:
        session.get_one(CustomerStats, (fresh_world.stores["shopify"].id, person.id)).unseen_orders = 3
    assert "3 earlier orders are known only as a total" in fresh_world.get(path, token).text


def test_everything_is_done_by_plain_forms_and_undone(fresh_world: World) -> None:
    token, person = fresh_world.shopify_token(), somebody(fresh_world)
    here = f"/app/customers/{person.key}"

    def post(act: str, **data: object) -> str:
        answer = fresh_world.post(f"{here}/{act}", data, token)
        assert answer.status_code == 303, (act, answer.text)
        shown = fresh_world.get(answer.headers["Location"], token)
        assert shown.status_code == 200
        return shown.text

    assert "Grace" in post("edit", first_name="Grace", last_name="", phone="", birthday="05-04")
    change = re.findall(r'name="change" value="(\d+)"', fresh_world.get(here, token).text)[0]
    assert person.first_name in post("undo", change=change)
    wrong = fresh_world.post(f"{here}/edit", {"phone": "nonsense", "first_name": "Kept"}, token)
    assert wrong.status_code == 400
    assert 'value="Kept"' in wrong.text
    assert "Paused until" in post("pause", days=30)
    assert "Paused until" not in post("pause", days=0)
    assert "Suppressed: by hand" in post("suppress")
    assert "Suppressed: by hand" not in post("release")
    assert "May not be e-mailed" in post("unsubscribe")
    assert "likes tea" in post("note", text="likes tea")
    note = re.findall(r'name="note" value="(\d+)"', fresh_world.get(here, token).text)[0]
    post("delete-note", note=note)
    other = somebody(fresh_world, "c.id DESC")
    assert fresh_world.get(f"{here}/join?with={other.email}", token).status_code == 200
    joined = fresh_world.post(f"{here}/join", {"with": other.email}, token)
    assert joined.status_code == 303
    with fresh_world.app.database.read() as session:
        merge = session.scalars(select(CustomerMerge).where(CustomerMerge.undone_at.is_(None))).one()
        survivor = session.get_one(Customer, merge.survivor_id).key
    assert fresh_world.post(f"/app/customers/{survivor}/part", {"merge": str(merge.id)}, token).status_code == 303
    post("copy")
    post("erase")
    with fresh_world.app.database.read() as session:
        assert sorted(session.scalars(select(PrivacyRequest.kind))) == ["data_request", "redact"]


def test_all_who_are_shown_are_paused_together_after_it_was_said_how_many(fresh_world: World) -> None:
    token = fresh_world.shopify_token()
    asked = fresh_world.get("/app/customers/pause?lifecycle=prospect", token)
    assert asked.status_code == 200
    assert fresh_world.post("/app/customers/pause", {"lifecycle": "prospect", "days": "x"}, token).status_code == 400
    assert fresh_world.post("/app/customers/pause", {"lifecycle": "prospect", "days": "9"}, token).status_code == 303
    sql = (
        "SELECT COUNT(*), COUNT(c.paused_until) FROM customers c JOIN customer_stats s ON s.customer_id = c.id "
        "WHERE s.store_id = ? AND s.lifecycle {} 'prospect'"
    )
    with fresh_world.app.database.read() as session:
        people, paused = bulk.select(session, sql.format("="), fresh_world.stores["shopify"].id)[0]
        assert people == paused
        assert bulk.select(session, sql.format("<>"), fresh_world.stores["shopify"].id)[0][1] == 0


def test_who_may_only_look_changes_nothing(fresh_world: World) -> None:
    token, person = fresh_world.shopify_token(role="viewer"), somebody(fresh_world)
    theirs = example(fresh_world, "/app/customers/<key>", fresh_world.stores["woocommerce"])
    assert fresh_world.get(theirs, token).status_code == 404
    assert fresh_world.post(f"{theirs}/edit", {"first_name": "X"}, token).status_code in {403, 404}
    assert fresh_world.post(f"/app/customers/{person.key}/edit", {"first_name": "X"}).status_code == 401

"""Who may sign in, for how long, and how slow guessing is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from plugin_core.db import Database
from plugin_core.errors import InvalidInput, NotFound, TooManyTries
from plugin_core.team import passwords, sessions, throttle, users, visitors
from plugin_core.team.models import AdminSession, SignInTries
from tests.plugin_core import shop
from tests.plugin_core.shop import DAY, NOW, SECOND

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch):
    """The strength of the hash is looked at by a test of its own."""
    monkeypatch.setattr(passwords, "_N", 2**4)
    monkeypatch.setattr(passwords, "_P", 1)


def ada(session, account, **more):
    given = {"role": "owner", "actor": "cli", "now": NOW, **more}
    return users.create_user(session, account, " Ada@Example.com ", PASSWORD, name="Ada  L", **given)


def sign_in(session, password=PASSWORD, *, email="ada@example.com", now=NOW, address="192.0.2.1"):
    attempt = users.begin_sign_in(session, email, address=address, now=now)
    return users.finish_sign_in(session, attempt, now=now) if attempt.matches(password) else None


def test_whoever_knows_the_password_gets_in_and_nobody_else(session):
    made = ada(session, shop.account(session))
    user, token = sign_in(session)
    assert (user.id, user.email, user.name) == (made.id, "ada@example.com", "Ada L")
    assert sessions.session_user(session, token, now=NOW) is made
    assert sign_in(session, "correct horse batterY") is None
    assert sign_in(session, email="nobody@example.com") is None
    assert users.check_password(session, "ADA@example.com", PASSWORD, address="192.0.2.1", now=NOW) is made
    assert users.check_password(session, "ada@example.com", "", address="192.0.2.1", now=NOW) is None
    assert sessions.session_user(session, token[:-1] + "?", now=NOW) is None
    assert token not in str(shop.rows(session, "SELECT * FROM admin_sessions"))
    assert PASSWORD not in str(shop.rows(session, "SELECT * FROM admin_users"))


def test_a_session_ends_by_time_by_signing_out_by_a_new_password_and_by_being_disabled(session):
    account = shop.account(session)
    made = ada(session, account)
    users.create_user(session, account, "ben@example.com", PASSWORD, role="owner", actor="cli", now=NOW)
    tokens = [sign_in(session)[1] for _ in range(2)]
    assert sessions.session_user(session, tokens[0], now=NOW + sessions.IDLE_US) is None
    for week in range(1, 5):
        sessions.note_seen(session, tokens[0], now=NOW + week * 6 * DAY)
    assert sessions.session_user(session, tokens[0], now=NOW + 29 * DAY) is made
    assert sessions.session_user(session, tokens[0], now=NOW + sessions.LIFE_US) is None
    sessions.close_session(session, tokens[0])
    assert sessions.session_user(session, tokens[0], now=NOW) is None
    assert sessions.session_user(session, tokens[1], now=NOW) is made
    users.set_password(session, made, "another long password", actor="cli", now=NOW)
    assert sessions.session_user(session, tokens[1], now=NOW) is None
    assert sign_in(session) is None
    _, token = sign_in(session, "another long password")
    users.disable(session, made, actor="cli", now=NOW)
    assert sessions.session_user(session, token, now=NOW) is None
    assert sign_in(session, "another long password") is None
    users.enable(session, made, actor="cli", now=NOW)
    assert sign_in(session, "another long password") is not None
    assert sessions.session_user(session, token, now=NOW) is None, "an old session does not come back"


def test_old_sessions_are_cleared_away(session):
    ada(session, shop.account(session))
    sign_in(session)
    sign_in(session, now=NOW + sessions.LIFE_US)
    assert session.query(AdminSession).count() == 1


def test_after_ten_wrong_passwords_even_the_right_one_has_to_wait(session):
    ada(session, shop.account(session))
    for place in range(10):
        assert sign_in(session, "wrong", address=f"192.0.2.{place}") is None
    with pytest.raises(TooManyTries) as refused, session.begin_nested():
        sign_in(session, address="192.0.2.99")
    assert 0 < refused.value.retry_after <= 901
    assert sign_in(session, now=NOW + throttle.WINDOW_US) is not None
    assert sign_in(session, now=NOW + throttle.WINDOW_US) is not None, "the right password forgives the wrong ones"


def test_one_address_cannot_try_one_person_after_the_other(session):
    for number in range(50):
        assert sign_in(session, email=f"person{number}@example.com") is None
    with pytest.raises(TooManyTries), session.begin_nested():
        sign_in(session, email="one-more@example.com")
    sign_in(session, email="one-more@example.com", address="198.51.100.7")
    assert throttle.clear(session, now=NOW + throttle.WINDOW_US) == session.query(SignInTries).count() + 53


def test_a_good_sign_in_of_ones_own_pays_for_no_guessing_at_others(session):
    ada(session, shop.account(session))
    for number in range(49):
        assert sign_in(session, email=f"person{number}@example.com") is None
    assert sign_in(session) is not None
    with pytest.raises(TooManyTries), session.begin_nested():
        sign_in(session, email="one-more@example.com")


def test_many_guesses_at_once_get_no_further_than_one_after_another(database: Database):
    with database.write() as session:
        ada(session, shop.account(session))

    def guess(number: int) -> bool:
        try:
            with database.write() as session:
                users.begin_sign_in(session, "ada@example.com", address=f"192.0.2.{number}", now=NOW)
        except TooManyTries:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(24))) == 10


def test_the_last_owner_stays(session):
    account = shop.account(session)
    made = ada(session, account)
    with pytest.raises(InvalidInput, match="last owner"):
        users.set_role(session, made, "viewer", actor="cli", now=NOW)
    with pytest.raises(InvalidInput, match="last owner"):
        users.disable(session, made, actor="cli", now=NOW)
    ben = users.create_user(session, account, "ben@example.com", PASSWORD, role="owner", actor="cli", now=NOW)
    users.set_role(session, made, "viewer", actor=str(ben.id), now=NOW)
    assert [(user.email, user.role) for user in users.users(session, account.id)] == [
        ("ada@example.com", "viewer"),
        ("ben@example.com", "owner"),
    ]
    audit = shop.rows(session, "SELECT actor, action, subject, before, after FROM audit_entries ORDER BY id DESC LIMIT 1")
    assert (audit[0]["actor"], audit[0]["action"], audit[0]["subject"]) == (str(ben.id), "team.role", "ada@example.com")


def test_a_user_of_another_account_is_not_there(session):
    made = ada(session, shop.account(session))
    other = shop.account(session, "other")
    with pytest.raises(NotFound):
        users.user_of(session, other.id, made.id)
    assert users.users(session, other.id) == []


@pytest.mark.parametrize(
    ("email", "password", "more"),
    [
        ("ada", PASSWORD, {}),
        ("", PASSWORD, {}),
        ("ada@example.com", "short", {}),
        ("ada@example.com", PASSWORD, {"role": "god"}),
    ],
)
def test_nobody_is_made_of_what_makes_no_sense(session, email, password, more):
    with pytest.raises(InvalidInput):
        users.create_user(session, shop.account(session), email, password, **{"role": "owner", "actor": "x", "now": NOW, **more})


def test_a_user_reads_the_pages_in_their_own_language(session):
    made = ada(session, shop.account(session))
    users.set_locale(made, "fa")
    with pytest.raises(InvalidInput):
        users.set_locale(made, "xx")
    assert made.locale == "fa"


def test_one_address_is_one_person(session):
    account = shop.account(session)
    ada(session, account)
    with pytest.raises(InvalidInput, match="exists"):
        ada(session, account)


def test_a_visitor_from_the_stores_own_admin_is_remembered_and_can_be_made_a_viewer(session):
    mine = shop.store(session, shop.account(session))
    theirs = shop.store(session, shop.account(session, "other"), "theirs")
    assert visitors.visitor_role(session, mine.id, "42", now=NOW) == ("owner", True)
    assert visitors.remember_visitor(session, mine.id, "42", name="Cleo", now=NOW) == "owner"
    assert visitors.visitor_role(session, mine.id, "42", now=NOW) == ("owner", False)
    (seen,) = visitors.visitors(session, mine.id)
    visitors.set_visitor_role(session, mine, seen.id, "viewer", actor="ada", by="7", now=NOW)
    assert visitors.remember_visitor(session, mine.id, "42", now=NOW + 3600 * SECOND) == "viewer"
    (seen,) = visitors.visitors(session, mine.id)
    assert (seen.name, seen.last_seen_at, seen.first_seen_at) == ("Cleo", NOW + 3600 * SECOND, NOW)
    with pytest.raises(InvalidInput, match="own role"):
        visitors.set_visitor_role(session, mine, seen.id, "owner", actor="cleo", by="42", now=NOW)
    with pytest.raises(NotFound):
        visitors.set_visitor_role(session, theirs, seen.id, "owner", actor="dmitri", now=NOW)
    assert visitors.visitor_role(session, theirs.id, "42", now=NOW) == ("owner", True)

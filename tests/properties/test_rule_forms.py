"""A rule survives being written into a form and read back, and no form can break the reading."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plugin_core.segments.draft import FRESH, Group, Row, of_rule, simplify, to_rule
from plugin_core.segments.fields import FIELDS
from plugin_core.segments.reading import holds
from plugin_core.segments.rules import AllOf, Leaf, Not, Rule, parse
from plugin_core.segments.sheet import fields, press, read
from plugin_core.segments.words import describe
from tests.plugin_core.segments.frames import FACTS, FRAME
from tests.properties.test_rule_language import leaves, rules

currencies = st.sampled_from(["EUR", "JPY", "KWD"])
odd_texts = st.text(min_size=0, max_size=8).filter(lambda text: "\0" not in text)
odd_leaves = st.builds(lambda texts: {"field": "tags", "op": "in", "value": texts}, st.lists(odd_texts, min_size=1, max_size=3))


@given(rule=rules | odd_leaves.map(parse), currency=currencies)
def test_a_rule_is_the_same_after_a_form_has_shown_and_sent_it(rule: Rule, currency: str) -> None:
    again, marked = to_rule(read(fields(of_rule(rule, currency))), currency)
    assert again == simplify(rule), marked


@given(rule=rules)
def test_a_simplified_rule_holds_for_the_same_people_and_reads_the_same_twice(rule: Rule) -> None:
    simple = simplify(rule)
    assert simplify(simple) == simple
    assert [holds(simple, facts, FRAME) for facts in FACTS] == [holds(rule, facts, FRAME) for facts in FACTS]


@given(rule=rules)
def test_every_rule_can_be_said_in_words_that_name_each_condition(rule: Rule) -> None:
    words = describe(rule, "EUR")
    assert words
    for leaf in parts(rule):
        assert FIELDS[leaf.field].words in words


@given(rule=rules, where=st.integers(0, 3), act=st.sampled_from(["add", "group", "remove"]))
def test_buttons_change_the_form_at_their_place_and_leave_the_rest_alone(rule: Rule, where: int, act: str) -> None:
    before = of_rule(rule, "EUR")
    after = press(before, f"{act} r" if act != "remove" else f"remove r.{where}")
    if act == "add":
        assert after == Group(before.kind, (*before.parts, FRESH))
    elif act == "group":
        assert after.parts[:-1] == before.parts
        assert after.parts[-1] == Group("any", (FRESH,))
    elif where < len(before.parts):
        assert after.parts == (*before.parts[:where], *before.parts[where + 1 :]) or after.parts == (FRESH,)
    else:
        assert after == before


names = st.from_regex(r"r(\.[0-9]{1,2}){0,3}\.(kind|field|op|value|amount|unit)", fullmatch=True) | st.text(max_size=5)
values = st.sampled_from([*FIELDS, "all", "none", "in", ">=", "between", "2", "-1", "1e999", "x", "", "yes", "months", "nan"])


@given(pairs=st.lists(st.tuples(names, values | st.text(max_size=6)), max_size=25), button=st.text(max_size=6))
def test_whatever_is_sent_gives_a_rule_or_a_mark_at_the_row_that_is_wrong(pairs: list[tuple[str, str]], button: str) -> None:
    group = press(read(pairs), button)
    rule, marked = to_rule(group, "EUR")
    assert (rule is None) == any_problem(marked)
    assert read(fields(group)) == group


@given(body=leaves())
def test_a_row_that_asks_nothing_sensible_is_marked_at_the_part_that_is_wrong(body: dict[str, Any]) -> None:
    group = of_rule(parse(body), "EUR")
    (row,) = group.parts
    assert isinstance(row, Row)
    broken = Group("all", (row, Row(row.field, "~", row.values), Row("age", "=", ("3",))))
    rule, marked = to_rule(broken, "EUR")
    assert rule is None
    assert [part.problem for part in marked.parts] == ["", "op", "field"]


def any_problem(part: Row | Group) -> bool:
    return bool(part.problem) or (isinstance(part, Group) and any(any_problem(child) for child in part.parts))


def parts(rule: Rule) -> list[Leaf]:
    if isinstance(rule, Leaf):
        return [rule]
    return parts(rule.rule) if isinstance(rule, Not) else [leaf for child in rule.rules for leaf in parts(child)]


def test_a_sentence_of_the_handout_is_written_row_by_row() -> None:
    rule = parse(
        {
            "all": [
                {"field": "orders", "op": ">=", "value": 2, "within": {"months": 6}},
                {
                    "not": {
                        "any": [
                            {"field": "net_spent", "op": "<", "value": 5_050},
                            {"field": "lifecycle", "op": "in", "value": ["lapsed", "lost"]},
                        ]
                    }
                },
            ]
        }
    )
    assert fields(of_rule(rule, "EUR")) == [
        ("r.kind", "all"), ("r.0.field", "orders"), ("r.0.op", ">="), ("r.0.value", "2"), ("r.0.amount", "6"),
        ("r.0.unit", "months"), ("r.1.kind", "none"), ("r.1.0.field", "net_spent"), ("r.1.0.op", "<"), ("r.1.0.value", "50.50"),
        ("r.1.1.field", "lifecycle"), ("r.1.1.op", "in"), ("r.1.1.value", "lapsed"), ("r.1.1.value", "lost"),
    ]  # fmt: skip
    assert isinstance(rule, AllOf)

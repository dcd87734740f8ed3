"""Reading: what gets through, what is refused and where; reading always ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.expr import And, Between, Compare, Expr, Holds, Member, Not, OneOf, Or
from rules.parse import MAX_DEPTH, MAX_LENGTH, parse, unparse
from rules.problems import ConditionInvalid
from tests.rules.strategies import conditions


@given(conditions)
def test_the_canonical_text_reads_back_as_the_same_tree(expr: Expr) -> None:
    assert parse(unparse(expr)) == expr


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("30 > crcl_ml_min", "crcl_ml_min < 30"),
        ("60 > crcl_ml_min >= 30.0", "30 <= crcl_ml_min < 60"),
        ("none_of(conditions, 'phn')", 'not any_of(conditions, "phn")'),
        ("a and b or not c", "(a and b) or not c"),
        ("a and (b or c)", "a and (b or c)"),
        ("sex in ['female', 'other']", 'sex in ("female", "other")'),
        ("sex not in ('female',)", 'sex not in ("female",)'),
        ("change == -0.5", "change == -0.5"),
        ("  a\n  or b ", "a or b"),
        ("'st john''s wort' in m", '"st johns wort" in m'),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert unparse(parse(text)) == canonical


def test_trees() -> None:
    assert parse('a and 30 <= x < 60 or "b" not in s') == Or(
        (And((Holds("a"), Between("x", 30, 60))), Not(Member("s", "b")))
    )
    assert parse("65 < x <= 80") == Between("x", 65, 80, low_included=False, high_included=True)
    assert parse("sex in ('female',)") == OneOf("sex", ("female",))


def test_every_node_knows_its_place() -> None:
    tree = parse("dementia and\n  crcl_ml_min < 30")
    assert isinstance(tree, And)
    assert [str(part.span) for part in tree.parts] == ["line 1, column 1", "line 2, column 3"]
    assert tree == And((Holds("dementia"), Compare("crcl_ml_min", "<", 30)))


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", None, "empty"),
        ("a and", "line 1, column 6", "it breaks off"),
        ("a or\n  b c", "line 2, column 5", "not readable"),
        ("a &\n b", "line 1, column 1", "arithmetic"),
        ("a\nand b.c", "line 2, column 5", "a dot"),
        ("é and a", "line 1, column 1", "lower case letters"),
        ('"é" in s and b()', "line 1, column 14", "can be called"),
        ("a and x + 1 < 3", "line 1, column 7", "one fact with one number"),
        ("a if b else c", "line 1, column 1", "if … else"),
        ("a, b", "line 1, column 1", "comma between conditions"),
        ("x < y", "line 1, column 1", "one fact with one number"),
        ('sex < "male"', "line 1, column 1", "words have no order"),
        ("dementia == True", "line 1, column 1", "write dementia or not dementia"),
        ("1 < x > 2", "line 1, column 1", "fact in the middle"),
        ("1 < 2 < 3", "line 1, column 1", "fact in the middle"),
        ("1 < x < y", "line 1, column 9", "a number or a word"),
        ("1 < x < 'a'", "line 1, column 1", "both ends"),
        ("1 < x < 2 < 3", "line 1, column 1", "at most three terms"),
        ("x is None", "line 1, column 1", "compare with <"),
        ('x in ("a")', "line 1, column 7", "needs a comma"),
        ('("a", "b") in s', "line 1, column 1", "any_of"),
        ("x in y", "line 1, column 1", 'write "word" in a set'),
        ("known()", "line 1, column 1", "begins with the name of a fact"),
        ("known(x, y)", "line 1, column 1", "takes one fact"),
        ("any_of(x)", "line 1, column 1", "at least one word"),
        ("any_of(x, 3)", "line 1, column 11", "a word in quotes"),
        ("any_of(x, value='a')", "line 1, column 1", "begins with the name of a fact"),
        ("any_of(x, *y)", "line 1, column 11", "a number or a word"),
        ('f"{a}" in s', "line 1, column 1", "write"),
        ("__import__('os')", "line 1, column 1", "can be called"),
        ("x == ''", "line 1, column 6", "plain text"),
        ("x < 1e999", "line 1, column 5", "too large"),
        ("x < 1j", "line 1, column 5", "a number or a word"),
        ("a # or b", "line 1, column 3", "a comment"),
        ("a \\\n and b", "line 1, column 3", "a backslash"),
        ("a\x00", "line 1, column 2", "a control character"),
        ("'a'", "line 1, column 1", "a value alone"),
        ("[a for a in b]", "line 1, column 1", "this construct"),
        ("(yield)", None, "rule language"),
    ],
)
def test_refused_with_a_place(text: str, place: str | None, message: str) -> None:
    with pytest.raises(ConditionInvalid) as refused:
        parse(text)
    problem = refused.value.problems[0]
    assert message in problem.message
    if place:
        assert str(problem.span) == place


def test_all_problems_at_once_in_the_order_of_the_text() -> None:
    with pytest.raises(ConditionInvalid) as refused:
        parse("a.b and x < y or (c() and not d[0])")
    assert [problem.span.column for problem in refused.value.problems if problem.span] == [1, 9, 19, 31]


@pytest.mark.parametrize(
    "text",
    [
        "a and " * 1000 + "a",
        "(" * 150 + "a" + ")" * 150,
        "(" * 1900 + "a" + ")" * 1900,
        "not " * 900 + "a",
        "-" * 3900 + "1 < x",
        "known(" * 600 + "x" + ")" * 600,
        "x < " + "9" * 3900,
        "[" * 3900,
        "a < " * 900 + "b",
    ],
)
def test_text_without_end_is_refused_and_not_followed(text: str) -> None:
    try:
        assert parse(text) == Holds("a")
    except ConditionInvalid as refused:
        assert refused.problems


def test_depth_and_length_have_limits() -> None:
    assert isinstance(parse("not " * (MAX_DEPTH - 1) + "a"), Not)
    with pytest.raises(ConditionInvalid, match="deep"):
        parse("not " * MAX_DEPTH + "a")
    with pytest.raises(ConditionInvalid, match="longer"):
        parse("a" + " " * MAX_LENGTH)


@given(st.text(alphabet="ab<=!()\"'., \nandorti0139_-+*[]{}:#\\é", max_size=60))
def test_any_text_gives_a_tree_or_problems(text: str) -> None:
    try:
        tree = parse(text)
    except ConditionInvalid as refused:
        assert refused.problems
    else:
        assert parse(unparse(tree)) == tree


@pytest.mark.parametrize("name", ["", "Heart", "in", "a b", "é", "x" + chr(0)])
def test_a_node_refuses_a_name_that_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="not a fact name"):
        Holds(name)


def test_a_node_refuses_what_it_cannot_mean() -> None:
    with pytest.raises(ValueError, match="no order"):
        Compare("sex", "<", "male")
    with pytest.raises(ValueError, match="not an operator"):
        Compare("x", "~", 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not a number"):
        Compare("x", "<", True)
    with pytest.raises(ValueError, match="not a number"):
        Compare("x", "<", float("nan"))
    with pytest.raises(ValueError, match="at least one value"):
        OneOf("x", ())
    with pytest.raises(ValueError, match="not a value"):
        Member("x", 'a"b')
    with pytest.raises(ValueError, match="at least two"):
        And((Holds("a"),))

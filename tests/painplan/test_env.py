"""Environment variables are read with their type, and nonsense stops the start with a sentence that names the
variable."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from painplan import env

NAME = "PAINPLAN_TEST_VALUE"


@pytest.fixture
def value(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    return lambda text: monkeypatch.setenv(NAME, text)


@pytest.mark.parametrize(
    ("text", "expected"), [("1", True), ("yes", True), ("ON", True), ("0", False), ("False", False)]
)
def test_a_boolean_is_read(value, text: str, expected: bool) -> None:
    value(text)
    assert env.boolean(NAME, default=not expected) is expected


@pytest.mark.parametrize("text", ["maybe", "2", "yes please", "-"])
def test_a_boolean_refuses_nonsense_and_names_the_variable(value, text: str) -> None:
    value(text)
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.boolean(NAME)


def test_an_empty_value_counts_as_unset(value) -> None:
    value("  ")
    assert env.boolean(NAME, default=True) is True
    assert env.integer(NAME, 7) == 7
    assert env.names(NAME, ["a"]) == ["a"]
    with pytest.raises(ImproperlyConfigured, match=f"{NAME} is not set. Do this."):
        env.required(NAME, "Do this.")


@pytest.mark.parametrize("text", ["0", "65536", "12a", "1.5", "٣x"])
def test_a_number_out_of_range_is_refused(value, text: str) -> None:
    value(text)
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.integer(NAME, 5, minimum=1, maximum=65535)


@given(st.integers(1, 65535))
def test_a_number_in_range_is_read(number: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(NAME, f" {number} ")
        assert env.integer(NAME, 5, minimum=1, maximum=65535) == number


@pytest.mark.parametrize("text", ["tiny-one", "x" * 64, "changeme" * 3])
def test_a_weak_secret_is_refused_without_being_repeated(value, text: str) -> None:
    value(text)
    with pytest.raises(ImproperlyConfigured, match=NAME) as refusal:
        env.secret(NAME, "Make one.")
    assert text not in str(refusal.value)


def test_a_list_is_split_at_commas(value) -> None:
    value(" a.example , b.example,,")
    assert env.names(NAME) == ["a.example", "b.example"]


def test_a_choice_lists_what_may_be_chosen(value) -> None:
    value("loud")
    with pytest.raises(ImproperlyConfigured, match=f"{NAME} must be one of lines, json"):
        env.choice(NAME, ("lines", "json"), "lines")


def test_a_database_address_is_taken_apart() -> None:
    assert env.database(NAME, "postgres://us%40er:p%2Fw@db.example:6432/pain?sslmode=require") == {
        "NAME": "pain",
        "USER": "us@er",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }
    assert env.database(NAME, "postgresql:///pain?host=/run/postgresql")["HOST"] == "/run/postgresql"


@pytest.mark.parametrize(
    "url", ["mysql://a:geheim@b/c", "postgres://u:geheim@h", "geheim", "postgres://u:geheim@h:port/n"]
)
def test_a_wrong_database_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=NAME) as refusal:
        env.database(NAME, url)
    assert "geheim" not in str(refusal.value)

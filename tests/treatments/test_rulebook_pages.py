"""The published rulebook in the browser: every part is reachable, sources and marks are visible, queries are few."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Permission, Role, permissions_of
from tests.cast import Member, member
from treatments import rulebook_presenters as present
from treatments.content import shipped
from treatments.rulebook import Effect

pytestmark = pytest.mark.django_db

TABS = ("agents", "therapies", "conditions", "interactions", "combinations", "rules")


def text_of(client: Client, name: str, *args: str, **query: str) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, (name, args, answer.status_code)
    return answer.content.decode()


@pytest.mark.parametrize("shown", TABS)
def test_each_tab_shows_its_part(clinician: Member, shown: str) -> None:
    page = text_of(clinician.client, "rulebook", show=shown)
    assert 'aria-current="true"' in page
    assert "Clinical content awaits a clinician" in page
    assert shipped().digest.removeprefix("sha256:")[:12] in page


def test_the_front_page_leads_to_every_medicine_therapy_and_condition(clinician: Member) -> None:
    rulebook = shipped()
    pages = "".join(
        text_of(clinician.client, "rulebook", show=shown) for shown in ("agents", "therapies", "conditions")
    )
    for name, ids in (
        ("rulebook-agent", rulebook.agent_by_id),
        ("rulebook-therapy", rulebook.therapy_by_id),
        ("rulebook-condition", {**rulebook.labels["conditions"], **rulebook.labels["condition_groups"]}),
    ):
        assert [item for item in ids if reverse(name, args=[item]) not in pages] == []


@pytest.mark.parametrize(
    "agent_id", ["gabapentin", "duloxetine", "carbamazepine", "valproate", "ketamine", "lidocaine_plaster"]
)
def test_a_medicine_shows_all_its_rules_with_links(clinician: Member, agent_id: str) -> None:
    page = text_of(clinician.client, "rulebook-agent", agent_id)
    rules = shipped().option_rules[agent_id]
    assert [rule.id for rule in rules if reverse("rulebook-rule", args=[rule.id]) not in page] == []


def test_every_medicine_therapy_and_condition_has_a_page(clinician: Member) -> None:
    rulebook = shipped()
    for agent in rulebook.agents:
        text_of(clinician.client, "rulebook-agent", agent.id)
    for therapy in rulebook.therapies:
        text_of(clinician.client, "rulebook-therapy", therapy.id)
    for name in (*rulebook.labels["conditions"], *rulebook.labels["condition_groups"]):
        text_of(clinician.client, "rulebook-condition", name)


def test_a_condition_shows_the_rules_that_can_hold_for_it_and_no_others(clinician: Member) -> None:
    page = text_of(clinician.client, "rulebook-condition", "dpn")
    assert reverse("rulebook-rule", args=["table-dpn-first"]) in page
    # That table names diabetic neuropathy only to leave it out.
    assert reverse("rulebook-rule", args=["table-general-first"]) not in page
    general = text_of(clinician.client, "rulebook-condition", "general_peripheral")
    assert reverse("rulebook-rule", args=["table-general-first"]) in general


def test_a_rule_shows_its_sentence_sources_examples_owner_and_review_date(clinician: Member) -> None:
    page = text_of(clinician.client, "rulebook-rule", "gabapentin-renal-30-50")
    assert "Limit the dose: Gabapentin (immediate release), when creatinine clearance" in page
    assert "is from 30 to below 50 mL/min." in page
    assert "at most 900 mg a day" in page
    assert "30 &lt;= crcl_ml_min &lt; 50" in page
    assert "nobody has checked against a source" in page
    assert 'class="unknown">unverified' in page
    assert "The rule does not hold" in page
    assert "clinical content" in page
    assert "21 Nov 2027" in page


def test_a_citation_is_shown_in_full_with_its_address(clinician: Member) -> None:
    page = text_of(clinician.client, "rulebook-rule", "gabapentin-contra-allergy")
    source = shipped().sources["label_gabapentin_us_ci"]
    assert source.url is not None
    assert f'href="{source.url}"' in page
    assert source.title[:30] in page


def test_a_source_says_how_far_it_was_read() -> None:
    sources = shipped().sources
    assert str(present.citation(sources["neupsig2025"]).title).endswith("(read in a summary only)")
    assert present.citation(sources["label-knowledge-unverified"]).unverified
    assert not present.citation(sources["design_default"]).unverified
    never_read = [source for source in sources.values() if source.data.get("verification") == "recalled"]
    assert never_read
    assert all(present.citation(source).unverified for source in never_read)
    assert not present.citation(sources["nice_ta159"]).unverified
    assert present.citation(sources["nice_ta159"]).href == "https://nice.org.uk/guidance/ta159"


def test_what_is_not_there_is_a_404(clinician: Member) -> None:
    for name, arg in (("agent", "aspirin"), ("therapy", "magnets"), ("rule", "no-such-rule"), ("condition", "gout")):
        assert clinician.client.get(reverse(f"rulebook-{name}", args=[arg])).status_code == 404
    assert clinician.client.get(reverse("rulebook"), {"show": "secrets"}).status_code == 404
    assert clinician.client.get(reverse("rulebook"), {"show": "rules", "effect": "explode"}).status_code == 404


def test_all_rules_are_reached_page_by_page_and_once(clinician: Member) -> None:
    rulebook = shipped()
    seen: list[str] = []
    address: str | None = f"{reverse('rulebook')}?show=rules"
    while address:
        page = clinician.client.get(address).content.decode()
        seen += re.findall(r'<a href="/rules/rule/[^"]+/"><code>([^<]+)</code>', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else None
    assert seen == sorted(rule.id for rule in rulebook.every_rule)


def test_rules_are_filtered_by_what_they_do(clinician: Member) -> None:
    page = text_of(clinician.client, "rulebook", show="rules", effect="refer")
    ids = re.findall(r"<code>([^<]+)</code></a>", page)
    assert ids == sorted(rule.id for rule in shipped().every_rule if rule.effect is Effect.REFER)[: present.PAGE]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("duloxetine liver", "duloxetine-contra-liver-alcohol"),
        ("GABAPENTIN dialysis", "gabapentin-haemodialysis"),
        ("qtc_ms methadone", "methadone-contra-qtc-500"),
    ],
)
def test_search_finds_rules_by_words_of_name_reason_fact_and_id(clinician: Member, words: str, found: str) -> None:
    assert reverse("rulebook-rule", args=[found]) in text_of(clinician.client, "rulebook-search", q=words)


def test_search_finds_options_and_says_when_there_is_nothing(clinician: Member) -> None:
    assert reverse("rulebook-agent", args=["pregabalin"]) in text_of(
        clinician.client, "rulebook-search", q="pregabalin"
    )
    assert "No rule holds all these words." in text_of(clinician.client, "rulebook-search", q="xyzzy")
    assert "Type a word to search for." in text_of(clinician.client, "rulebook-search")


def test_what_is_typed_is_shown_as_text(clinician: Member) -> None:
    page = text_of(clinician.client, "rulebook-search", q="<script>alert(1)</script>")
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("name", "args", "query"),
    [
        ("rulebook", (), {}),
        ("rulebook", (), {"show": "rules"}),
        ("rulebook", (), {"show": "interactions"}),
        ("rulebook-agent", ("valproate",), {}),
        ("rulebook-agent", ("gabapentin",), {}),
        ("rulebook-therapy", ("tens",), {}),
        ("rulebook-condition", ("dpn",), {}),
        ("rulebook-rule", ("duloxetine-contra-allergy",), {}),
        ("rulebook-search", (), {"q": "liver"}),
    ],
)
def test_a_page_asks_the_database_once_for_the_rulebook(
    clinician: Member, name: str, args: tuple[str, ...], query: dict[str, str]
) -> None:
    client = clinician.client
    client.get(reverse(name, args=args), query)
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse(name, args=args), query)
    assert sum("rulebookrelease" in query["sql"] for query in queries) == 1
    assert len(queries) <= 10


@pytest.mark.parametrize("role", list(Role))
def test_the_rulebook_is_open_to_every_role_that_may_view_it(organisation: Any, role: Role) -> None:
    person = member(organisation, f"Somebody {role.value}", role)
    allowed = Permission.VIEW_RULEBOOK in permissions_of([role])
    assert person.client.get(reverse("rulebook")).status_code == (200 if allowed else 403)


@pytest.mark.parametrize("name", ["rulebook", "rulebook-search"])
def test_nobody_reads_it_without_signing_in(client: Client, name: str) -> None:
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert "login" in answer["Location"]


def test_a_rulebook_page_is_only_read(clinician: Member) -> None:
    assert clinician.client.post(reverse("rulebook")).status_code == 405


def test_every_rule_has_a_sentence_without_ids_of_facts() -> None:
    rulebook = shipped()
    facts = {fact.name for fact in rulebook.vocabulary if "_" in fact.name}
    for rule in rulebook.every_rule:
        sentence = present.sentence(rule, rulebook)
        assert sentence.endswith(".")
        assert not facts & set(re.findall(r"\w+", sentence)), sentence

"""What pages show of the body map: marks of all layers, overlays, what changed; and the form about the whole body."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from assessments import map_page, queries, services
from assessments.content import assessment_content
from assessments.entries import AreaEntry, BodyEntry
from assessments.figure import body_figure
from assessments.forms import NOTHING_ON_FILE, BodyForm
from assessments.record import AreaRecord, AssessmentRecord

CONTENT = assessment_content()
HAND_R = tuple(sorted(f"{base}_r" for base in body_figure().parts["hand"]))


def area(**parts: Any) -> AreaRecord:
    return AreaRecord(uuid4(), **parts)


def assessed(*areas: AreaRecord, **parts: Any) -> AssessmentRecord:
    return AssessmentRecord(uuid4(), uuid4(), "draft", timezone.localdate(), areas=areas, **parts)


def test_the_marks_of_all_areas_are_put_together_by_layer() -> None:
    marks = map_page.marks_of(
        [area(regions=("heel_l",), numb_regions=("heel_r",)), area(regions=("calf_back_l",), touch_regions=("heel_l",))]
    )
    assert marks == {
        "pain": {"heel_l", "calf_back_l"},
        "touch_pain": {"heel_l"},
        "numbness": {"heel_r"},
    }


def test_a_page_of_one_area_shows_that_area_and_what_is_gone() -> None:
    one, other = area(regions=("heel_l",)), area(regions=("forehead_eye_r",))
    page = map_page.page(assessed(one, other, absent_regions=HAND_R), CONTENT.body_map, [one])
    shapes = {shape.id: shape.classes for view in page.drawing.views for shape in view.shapes}
    assert "is-pain" in shapes["heel_l"]
    assert "is-pain" not in shapes["forehead_eye_r"]
    assert all("is-absent" in shapes[region] for region in HAND_R)
    assert "heel" in page.text and "right hand" in page.text
    assert set(page.classes) == {"regions", "touch_regions", "numb_regions"}


def test_overlays_name_regions_that_are_drawn() -> None:
    bases = {region.base for region in CONTENT.body_map.regions.values()}
    groups = map_page.overlays(CONTENT.body_map)
    choices = [choice for _label, group in groups for choice in group]
    assert len({choice.id for choice in choices}) == len(choices)
    for choice in choices:
        own, extended = set(choice.own.split()), set(choice.extended.split())
        assert own and own <= bases, choice.id
        assert extended <= bases and not own & extended, choice.id
    divisions = [choice for choice in choices if choice.id.startswith("division-")]
    assert {base for choice in divisions for base in choice.own.split()} == {
        region.base for region in CONTENT.body_map.regions.values() if region.trigeminal
    }


def test_a_small_figure_has_no_overlays() -> None:
    assert map_page.page(assessed(area(regions=("heel_l",))), CONTENT.body_map, is_small=True).overlays == ()


def test_changes_say_what_came_and_went_in_each_layer() -> None:
    rows = map_page.changes(
        {"pain": {"heel_l", "heel_r"}, "numbness": set()}, {"pain": {"heel_l", "calf_back_l"}}, CONTENT.body_map
    )
    (row,) = rows
    assert (row.before, row.now) == (2, 2)
    assert row.gained == ("calf (left)",)
    assert row.lost == ("heel (right)",)


def test_nothing_marked_then_and_now_is_no_change() -> None:
    assert map_page.changes({"pain": ()}, {}, CONTENT.body_map) == ()


# --- the form about the whole body ------------------------------------------------------------------------------------


def posted(record: AssessmentRecord, *absent: str, pattern: str = "") -> BodyForm:
    data = QueryDict(mutable=True)
    data.setlist("absent", list(absent))
    data["confirmed_pattern"] = pattern
    data["version"] = "0"
    return BodyForm("areas", record, CONTENT, NOTHING_ON_FILE, data)


def test_a_limb_that_is_gone_is_all_its_regions() -> None:
    form = posted(assessed(), "right-hand", pattern="length_dependent")
    assert form.entry() == BodyEntry(HAND_R, "length_dependent")
    assert not form.kept()


def test_a_larger_limb_contains_the_smaller_one() -> None:
    arm = posted(assessed(), "left-arm").entry()
    both = posted(assessed(), "left-arm", "left-hand").entry()
    assert isinstance(arm, BodyEntry) and isinstance(both, BodyEntry)
    assert arm == both
    assert {region[-1] for region in arm.absent_regions} == {"l"}


@pytest.mark.parametrize(("absent", "pattern"), [("middle-hand", ""), ("right-tail", ""), ("right-hand", "witchcraft")])
def test_what_is_no_limb_and_no_pattern_is_kept_as_typed_and_told(absent: str, pattern: str) -> None:
    form = posted(assessed(), absent, pattern=pattern)
    assert {kept.text for kept in form.kept()} & {absent, pattern}


@pytest.mark.django_db
def test_the_areas_page_compares_with_the_assessment_before(clinician: Any, patient: Any) -> None:
    now, today = timezone.now(), timezone.localdate()
    common = {"actor": clinician.actor, "patient": patient}
    for regions in (("heel_l", "heel_r"), ("heel_l",)):
        draft = services.start(**common, today=today, now=now, copy_newest=False)
        made = services.add_area(**common, assessment_id=draft, name="Feet")
        services.save_section(
            **common,
            assessment_id=draft,
            section=f"area-{made}",
            version=0,
            entry=AreaEntry(AreaRecord(made, "Feet", regions)),
            now=now,
        )
        if len(regions) == 2:
            shown = queries.draft_of(patient.pk)
            assert shown is not None
            services.sign(**common, assessment_id=draft, revision=shown.revision, now=now, today=today)
    page = clinician.client.get(reverse("assessment-section", args=[patient.pk, "areas"])).content.decode()
    row = page[page.index("Regions then") :]
    assert "heel (right)" in row[: row.index("</table>")]

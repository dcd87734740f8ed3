"""The body figure as it is drawn: every region once, on the right side, mirrored, without gaps or overlaps."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from assessments.content import KNOWLEDGE, ContentInvalid, assessment_content
from assessments.curves import area
from assessments.figure import FILE, Plate, body_figure, load_figure
from assessments.figure_view import HATCHES, LAYERS, Overlay, division_overlay, draw, territory_overlay

Polygon = list[tuple[float, float]]

BODY_MAP = assessment_content().body_map
FIGURE = body_figure()
FRONT, BACK = FIGURE.views
PLATES = {plate.id: plate for plate in (*FIGURE.views, *(i.plate for part in FIGURE.insets.values() for i in part))}
CSS = (Path(__file__).parents[2] / "static" / "css" / "bodymap.css").read_text(encoding="utf-8")
# The width in bodymap.css of the narrowest inset that shows the pelvis, px.
PELVIS_WIDTH = 200
STEPS = 8


@cache
def polygons(path: str) -> list[Polygon]:
    """The drawn path as polygons, read from the text that the browser gets; every part has to be closed."""
    found = []
    for part in re.findall(r"M[^M]+", path):
        assert part.endswith("Z"), "a loop that is not closed"
        start, body = part[1:-1].split("c")
        x, y = map(float, re.findall(r"-?\d*\.?\d+", start))
        values = [float(number) for number in re.findall(r"-?(?:\d+(?:\.\d+)?|\.\d+)", body)]
        assert len(values) % 6 == 0
        polygon = [(x, y)]
        for n in range(0, len(values), 6):
            a, b, c, d, e, f = values[n : n + 6]
            for step in range(1, STEPS + 1):
                t = step / STEPS
                s = 1 - t
                polygon.append(
                    (
                        x + 3 * s * s * t * a + 3 * s * t * t * c + t**3 * e,
                        y + 3 * s * s * t * b + 3 * s * t * t * d + t**3 * f,
                    )
                )
            x, y = x + e, y + f
        assert (x, y) == pytest.approx(polygon[0]), "the pen does not come back"
        found.append(polygon)
    return found


@cache
def box_of(path: str) -> tuple[float, float, float, float]:
    xs, ys = zip(*(point for polygon in polygons(path) for point in polygon), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def centroid_x(path: str) -> float:
    weighted = total = 0.0
    for polygon in polygons(path):
        for (x0, y0), (x1, y1) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
            cross = x0 * y1 - x1 * y0
            weighted += (x0 + x1) * cross / 3
            total += cross
    return weighted / total


def inside(path: str, y: float, xs: list[float]) -> set[float]:
    """Which of the points on one horizontal line lie inside the path (even-odd)."""
    _, top, _, bottom = box_of(path)
    if not top < y < bottom:
        return set()
    crossings = []
    for polygon in polygons(path):
        for (x0, y0), (x1, y1) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
            if (y0 > y) != (y1 > y):
                crossings.append(x0 + (y - y0) / (y1 - y0) * (x1 - x0))
    crossings.sort()
    return {x for x in xs for left, right in zip(crossings[::2], crossings[1::2], strict=True) if left < x < right}


def test_the_two_views_hold_every_region_once_in_the_view_of_the_body_map() -> None:
    drawn = [(shape.region.id, plate.facing) for plate in FIGURE.views for shape in plate.shapes]
    assert len(drawn) == 110
    assert sorted(drawn) == sorted((region.id, region.view) for region in BODY_MAP.regions.values())


@pytest.mark.parametrize("plate", PLATES.values(), ids=PLATES)
def test_the_sides_are_mirror_images(plate: Plate) -> None:
    by_id = {shape.region.id: shape for shape in plate.shapes}
    for name, shape in by_id.items():
        other = by_id[f"{shape.region.base}_{'r' if name.endswith('_l') else 'l'}"]
        left, top, right, bottom = box_of(shape.path)
        assert box_of(other.path) == pytest.approx((plate.width - right, top, plate.width - left, bottom), abs=0.15)
        assert sum(map(area, shape.loops)) == pytest.approx(sum(map(area, other.loops)))
        assert centroid_x(shape.path) + centroid_x(other.path) == pytest.approx(plate.width, abs=0.2)


def test_the_patients_right_is_on_the_viewers_left_from_the_front_and_on_the_viewers_right_from_the_back() -> None:
    """SAFETY: the one mistake that would send a needle or a knife to the wrong side."""
    for shape in FRONT.shapes:
        assert (centroid_x(shape.path) < FRONT.width / 2) == shape.region.id.endswith("_r"), shape.region.id
    for shape in BACK.shapes:
        assert (centroid_x(shape.path) > BACK.width / 2) == shape.region.id.endswith("_r"), shape.region.id


def test_no_region_reaches_across_the_midline() -> None:
    for plate in PLATES.values():
        for shape in plate.shapes:
            left, _, right, _ = box_of(shape.path)
            assert right <= plate.width / 2 + 0.1 or left >= plate.width / 2 - 0.1, (plate.id, shape.region.id)


@pytest.mark.parametrize("plate", PLATES.values(), ids=PLATES)
def test_regions_have_an_area_and_stay_within_the_outline(plate: Plate) -> None:
    left, top, right, bottom = box_of(plate.outline)
    assert left >= 0
    assert top >= 0
    assert right <= plate.width
    assert bottom <= plate.height
    for shape in plate.shapes:
        assert all(area(loop) > 10 for loop in shape.loops), shape.region.id
        x0, y0, x1, y1 = box_of(shape.path)
        assert x0 >= left - 0.1, shape.region.id
        assert y0 >= top - 0.1, shape.region.id
        assert x1 <= right + 0.1, shape.region.id
        assert y1 <= bottom + 0.1, shape.region.id


@pytest.mark.parametrize("plate", PLATES.values(), ids=PLATES)
def test_the_regions_fill_the_outline_without_gaps_or_overlaps(plate: Plate) -> None:
    counted: Counter[int] = Counter()
    xs = [x + 0.37 for x in range(0, int(plate.width), 2)]
    for row in range(0, int(plate.height), 2):
        y = row + 0.61
        covered = Counter(x for shape in plate.shapes for x in inside(shape.path, y, xs))
        within = inside(plate.outline, y, xs)
        counted.update(covered[x] for x in within)
        counted[-1] += len(set(covered) - within)
    points = sum(counted.values())
    assert points > 1000
    assert counted[1] / points >= 0.99, counted


@pytest.mark.parametrize(
    ("name", "loops"), [("front", 1), ("back", 3), ("foot_top", 2), ("foot_outer", 2), ("foot_inner", 2)]
)
def test_all_borders_inside_the_outline_are_shared(name: str, loops: int) -> None:
    """A border that only one region uses would be left over as a loop of its own: a gap or an overlap, however thin."""
    assert len(polygons(PLATES[name].outline)) == loops


def test_outlines_leave_out_the_borders_between_their_regions() -> None:
    foot = [shape for shape in FRONT.shapes if shape.region.id in {"foot_dorsum_l", "toes_lesser_dorsal_l"}]
    (outline,) = polygons(FRONT.outline_of(shape.region.id for shape in foot))
    (dorsum,), (toes,) = (polygons(shape.path) for shape in foot)
    assert len(outline) < len(dorsum) + len(toes)
    assert FRONT.outline_of([]) == ""
    assert FRONT.outline_of(["heel_l"]) == "", "not on this plate"


# --- insets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "wanted"),
    [
        (
            "face",
            {"forehead_eye", "cheek_upper_lip", "chin_jaw", "temple", "ear_jaw_angle", "scalp_top", "neck_front"},
        ),
        (
            "hands",
            {region.base for region in BODY_MAP.regions.values() if region.limb == "upper" and region.level in {1, 2}},
        ),
        (
            "feet",
            {region.base for region in BODY_MAP.regions.values() if region.limb == "lower" and region.level in {1, 2}},
        ),
        ("pelvis", {"genital", "perianal", "groin", "buttock_lower"}),
    ],
)
def test_insets_show_both_sides_of_what_they_are_for(group: str, wanted: set[str]) -> None:
    shown = {shape.region.id for inset in FIGURE.insets[group] for shape in inset.shapes}
    assert {f"{base}_{side}" for base in wanted for side in "lr"} <= shown


def test_what_an_inset_enlarges_lies_inside_it() -> None:
    """Whole hands, feet and saddle; the limb that leads to them may be cut."""
    for group in ("face", "hands", "feet", "pelvis"):
        for inset in FIGURE.insets[group]:
            x, y, width, height = inset.box
            for shape in inset.shapes:
                region = shape.region
                is_whole = region.level in {1, 2} or region.base in {"genital", "perianal"} or region.trigeminal
                if is_whole and not (inset.id == "sole" and region.base == "heel"):
                    left, top, right, bottom = box_of(shape.path)
                    assert x <= left, (inset.id, region.id)
                    assert right <= x + width, (inset.id, region.id)
                    assert y <= top, (inset.id, region.id)
                    assert bottom <= y + height, (inset.id, region.id)


def test_an_inset_of_one_side_holds_the_regions_of_that_side_only() -> None:
    for group in FIGURE.insets.values():
        for inset in group:
            if inset.side:
                assert {shape.region.side for shape in inset.shapes} == {inset.side}, inset.id


def test_the_saddle_can_be_hit_with_a_finger() -> None:
    """Targets of at least 24 px (WCAG 2.2, 2.5.8)."""
    for inset in FIGURE.insets["pelvis"]:
        scale = PELVIS_WIDTH / inset.box[2]
        for shape in inset.shapes:
            if shape.region.base in {"genital", "perianal"}:
                left, top, right, bottom = box_of(shape.path)
                assert min(right - left, bottom - top) * scale >= 24, shape.region.id
    assert "width: 12.5rem" in CSS


# --- the file -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (
            '      genital: ["genital -crotch mid_trunk[crotch_mid:genital_top]"]',
            '      genital: ["genital -crotch"]',
            "genital: the line does not close",
        ),
        ('temple: ["hairline[', 'temple: ["fringe[', "no piece of a curve"),
        ("hairline[hair_temple:hair_side]", "hairline[hair_temple:ear_top]", "not there"),
        ("skull[hair_side:ear_top] ear[", "ear[", "does not begin where"),
        ("      genital: [", "      elbow: [", "no region of the body map"),
        ('eye: "orbit', 'eye: "orbita', "neither a point"),
        ('nose_side: "canthus_in', 'nose_side: "canthus_in canthus_in', "neighbours that differ"),
        ("tri=29.2,90", "orbit=29.2,90", "drawn twice"),
        ("plate: front, sides: together, box: [-50", "plate: back, sides: together, box: [-50", "its plate has not"),
        ("views: [front, back]", "views: [front]", "not drawn exactly once"),
        ("views: [front, back]", "views: [front, front, back]", "not drawn exactly once"),
        ("views: [front, back]", "views: [front, side]", "'side' is missing"),
        ("  buttock: [buttock_upper,", "  buttock: [buttock_middle,", "buttock_middle"),
    ],
)
def test_a_mistake_in_the_drawing_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    shutil.copy(KNOWLEDGE / FILE, tmp_path)
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentInvalid, match=re.escape(named)):
        load_figure(BODY_MAP, tmp_path)


# --- what a page draws --------------------------------------------------------------------------------------------


def render(**marked: object) -> str:
    """The template; without the database, so a query would fail the test."""
    return render_to_string("assessments/_body_figure.html", marked)


def classes_of(html: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for css, region in re.findall(r'<path[^>]*class="bodymap-region([^"]*)" data-region="(\w+)"', html):
        found.setdefault(region, set()).update(css.split())
    return found


def test_the_page_holds_each_region_once_with_its_label_and_refers_only_to_what_it_defines() -> None:
    html = render(drawing=draw(FIGURE))
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert [region for region in BODY_MAP.regions if ids.count(f"bodymap-{region}") != 1] == []
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', html)) <= {(name, "") for name in ids} | {
        ("", name) for name in ids
    }
    assert "<title>Big toe (top) and first web space (left)</title>" in html
    assert classes_of(html)["heel_l"] == set()


def test_the_page_needs_no_style_and_no_script() -> None:
    html = render(drawing=draw(FIGURE, {"pain": ["heel_l"]}), text="Pain: left heel.")
    assert not re.search(r"<style|\sstyle=|<script|\son\w+=|javascript:", html)
    assert "Pain: left heel." in html


def test_layers_are_classes_and_show_together() -> None:
    html = render(
        drawing=draw(FIGURE, {"pain": ["heel_l", "lumbar_r"], "touch_pain": ["heel_l"], "numbness": ["heel_l"]})
    )
    found = classes_of(html)
    assert found["heel_l"] == {"is-pain", "is-touch", "is-numb"}
    assert found["lumbar_r"] == {"is-pain"}
    assert {region for region, css in found.items() if css} == {"heel_l", "lumbar_r"}


def test_pain_in_an_amputated_limb_stays_marked() -> None:
    found = classes_of(render(drawing=draw(FIGURE, {"pain": ["heel_l"]}, absent=["heel_l", "calf_back_l"])))
    assert found["heel_l"] == {"is-pain", "is-absent"}
    assert found["calf_back_l"] == {"is-absent"}
    assert ".bodymap-region.is-absent:not(.is-pain, .is-touch, .is-numb)" in CSS


def test_each_view_says_which_side_is_which_in_the_order_of_the_picture() -> None:
    for drawing in (draw(FIGURE), draw(FIGURE, is_small=True)):
        html = render(drawing=drawing)
        views = re.findall(r'bodymap-title">(Front|Back)</p>\s*<p class="bodymap-sides">(.*?)</p>', html)
        assert [(title, re.findall(r"<span>(.*?)</span>", sides)) for title, sides in views] == [
            ("Front", ["Patient&#x27;s right", "Patient&#x27;s left"]),
            ("Back", ["Patient&#x27;s left", "Patient&#x27;s right"]),
        ]


def test_the_small_figure_draws_what_is_marked_and_nothing_else() -> None:
    html = render(drawing=draw(FIGURE, {"numbness": ["heel_l", "heel_r"]}, is_small=True))
    assert classes_of(html) == {"heel_l": {"is-numb"}, "heel_r": {"is-numb"}}
    assert "bodymap-insets" not in html
    assert "Numbness" in html
    assert "Pain on touch" not in html
    assert len(html) < 45_000


def test_two_figures_on_a_page_do_not_share_marks_or_ids() -> None:
    before = render(drawing=draw(FIGURE, {"pain": ["heel_l"]}, name="before"))
    after = render(drawing=draw(FIGURE, {"numbness": ["heel_l"]}, name="after"), again=True)
    ids = re.findall(r'\bid="([^"]+)"', before + after)
    assert len(ids) == len(set(ids))
    assert 'href="#before-heel_l"' in before
    assert 'href="#after-heel_l"' in after


def test_numbers_are_written_for_the_browser_in_every_language() -> None:
    with override("de"):
        html = render(drawing=draw(FIGURE))
    assert 'patternTransform="scale(0.5)"' in html
    assert not re.search(r'(viewBox|patternTransform|width|height)="[^"]*,', html)


def test_every_fill_that_is_defined_is_used_and_every_used_one_defined() -> None:
    used = set(re.findall(r'url\("#([\w-]+)"\)', CSS))
    assert used == {hatch.id for hatch in HATCHES} | {"bodymap-absent"}
    assert all(f".{css}" in CSS for css in LAYERS.values())


@pytest.mark.parametrize(
    ("marks", "absent"), [({"itch": ["heel_l"]}, ()), ({"pain": ["elbow_l"]}, ()), ({}, ("elbow_l",))]
)
def test_a_mark_that_cannot_be_drawn_is_an_error(marks: dict[str, list[str]], absent: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no such"):
        draw(FIGURE, marks, absent=absent)


def test_the_overlay_of_a_root_outlines_its_own_skin_and_the_overlap() -> None:
    root = next(root for root in BODY_MAP.roots if root.id == "L5")
    overlay = territory_overlay(root, ["left"])
    assert overlay.own == {f"{base}_l" for base in root.own}
    assert overlay.extended == {f"{base}_l" for base in root.extended}
    drawing = draw(FIGURE, overlay=overlay)
    front, back = drawing.views
    assert box_of(front.own)[0] > FRONT.width / 2, "the patient's left from the front"
    assert box_of(back.extended)[2] <= BACK.width / 2, "and from the back"
    assert back.own == ""
    html = render(drawing=drawing)
    assert 'class="bodymap-own"' in html
    assert 'class="bodymap-extended"' in html
    assert "bodymap-own" not in render(drawing=draw(FIGURE))


@pytest.mark.parametrize(
    ("division", "bases"),
    [("V1", {"forehead_eye", "scalp_top"}), ("V2", {"cheek_upper_lip"}), ("V3", {"chin_jaw", "temple"})],
)
def test_the_overlay_of_a_trigeminal_division(division: str, bases: set[str]) -> None:
    overlay = division_overlay(BODY_MAP, division, ["right"])
    assert overlay == Overlay(division, own=frozenset(f"{base}_r" for base in bases))

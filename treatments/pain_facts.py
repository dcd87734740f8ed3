"""Facts of the pain: causes, words and signs, pattern in time, certainty grade, pattern on the body map. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assessments.certainty import grade
from assessments.distribution import AreaExtent, Distribution, classify, localised
from rules.facts import FactSet
from rules.truth import Truth
from treatments.case import PainArea
from treatments.collector import Collector
from treatments.patient_facts import Derived, Json, Origin


class PainFacts:
    """Works out the facts that come from the assessment of the pain."""

    def __init__(self, facts: Collector) -> None:
        self.facts = facts

    def collect(self) -> None:
        """Everything that the assessment of the pain says."""
        pain = self.facts.case.pain
        if pain is None:
            return
        if pain.conditions is not None:
            self.facts.keep("conditions", self._conditions(pain.conditions, pain.open_conditions), "pain.conditions")
        self.facts.keep("duration_months", pain.duration_months, "pain.duration_months")
        for which, intensity in pain.nrs.items():
            self.facts.keep(f"nrs_{which}", intensity, f"pain.nrs.{which}")
        certainty = grade(pain.grading)
        self.facts.keep("certainty_grade", certainty.grade, "pain.grading", Origin.COMPUTED)
        self.facts.derived["certainty_grade"] = Derived(
            certainty.grade,
            None,
            "NeuPSIG grading",
            dict(pain.grading),
            detail={"open": list(certainty.open)} if certainty.open else None,
        )
        if pain.areas is not None:
            self._areas(pain.areas)

    def _conditions(self, present: Sequence[str], undecided: Sequence[str]) -> FactSet:
        """All other causes are absent, but not those about which somebody said that it is not known."""
        members = frozenset(present)
        if not set(undecided) - members:
            return FactSet(members, complete=True)
        every = self.facts.content.vocabulary["conditions"].values
        return FactSet(members, frozenset(every) - members - frozenset(undecided))

    def _areas(self, areas: Sequence[PainArea]) -> None:
        if areas:
            for name, found, not_found in _signs(areas):
                self.facts.keep(name, FactSet(found, not_found), "pain.areas")
            self._pattern(areas)
        body_map = self.facts.content.assessment.body_map
        extents = [AreaExtent(frozenset(area.regions), area.localised) for area in areas]
        narrow = localised(extents, body_map)
        self.facts.keep_truth("localised", narrow, "pain.areas")
        if narrow is not Truth.UNKNOWN:
            stated: list[Json] = [area.localised for area in areas]
            self.facts.derived["localised"] = Derived(
                narrow is Truth.YES, None, "stated, else one side, a focal pattern and few regions", {"stated": stated}
            )
        if all(area.regions for area in areas):
            regions = frozenset(region for area in areas for region in area.regions)
            self.facts.keep("regions", FactSet(regions, complete=True), "pain.areas")
            bases = frozenset(body_map.regions[region].base for region in regions)
            self.facts.inputs["region_bases"] = FactSet(bases, complete=True)
            self._distribution(classify(regions, body_map), regions)

    def _pattern(self, areas: Sequence[PainArea]) -> None:
        """The time pattern of the worst area; unknown when areas differ and the worst cannot be told."""
        patterns = {area.pattern for area in areas}
        if len(patterns) == 1:
            self.facts.keep("temporal_pattern", areas[0].pattern, "pain.areas[0].pattern")
            return
        if any(area.intensity is None for area in areas):
            return
        strongest = max(area.intensity for area in areas if area.intensity is not None)
        worst = [index for index, area in enumerate(areas) if area.intensity == strongest]
        if len({areas[index].pattern for index in worst}) == 1:
            self.facts.keep("temporal_pattern", areas[worst[0]].pattern, f"pain.areas[{worst[0]}].pattern")

    def _distribution(self, found: Distribution, regions: frozenset[str]) -> None:
        self.facts.keep("distribution", found.class_id, "pain.areas", Origin.COMPUTED)
        self.facts.keep("body_map_flags", FactSet(frozenset(found.flags), complete=True), "pain.areas", Origin.COMPUTED)
        detail: dict[str, Json] = {
            "step": found.step,
            "subclass": found.subclass,
            "side": found.side,
            "best": found.best,
            "divisions": list(found.divisions),
            "level": found.level,
            "confidence": found.confidence,
            "candidates": [{"id": c.id, "kind": c.kind, "side": c.side, "score": c.score} for c in found.candidates],
            "flags": list(found.flags),
        }
        kept: dict[str, Json] = {key: value for key, value in detail.items() if value not in (None, [])}
        inputs: dict[str, Json] = {"regions": sorted(regions)}
        self.facts.derived["distribution"] = Derived(found.class_id, None, "body map", inputs, detail=kept)


def _signs(areas: Sequence[PainArea]) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    """Words and signs over all areas: found anywhere, or looked for everywhere and not found."""
    for name in ("descriptors", "evoked", "negative"):
        found = frozenset(word for area in areas for word in getattr(area, name))
        denied = [frozenset(getattr(area, f"not_{name}")) for area in areas]
        yield name, found, frozenset.intersection(*denied) - found

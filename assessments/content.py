"""Reads the assessment content from `knowledge/` into the dataclasses of `definitions`. Strict: a wrong file stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar, cast

from assessments.definitions import (
    AnswerRule,
    AssessmentContent,
    Band,
    BandFloor,
    BodyMap,
    BodyMapRules,
    ChangeThreshold,
    Choice,
    Concept,
    Criterion,
    Cutoff,
    Descriptor,
    EnteredAlternative,
    EnteredCriteria,
    EntryField,
    GoalConstants,
    GoalLimits,
    Grading,
    Instrument,
    Item,
    ItemPrompt,
    Laboratory,
    Licence,
    MapCase,
    Measure,
    MissingRule,
    Number,
    Option,
    PainCondition,
    Phenotype,
    Profile,
    ProfileCriterion,
    RedFlag,
    Region,
    SafetyLine,
    SensoryExamination,
    Sign,
    Source,
    Stimulus,
    Suggestion,
    SymptomSignCriteria,
    Territory,
    Test,
    TimeQuestion,
    Urgency,
)
from rules import strict_yaml

KNOWLEDGE = Path(__file__).resolve().parent.parent / "knowledge"

Entry: TypeAlias = Mapping[str, Any]
_T = TypeVar("_T")


class ContentInvalid(ValueError):
    """A knowledge file does not hold what the assessment needs; the message names the file and the place."""


def read_yaml(path: Path) -> Entry:
    """Return the mapping in a knowledge file. Raises ContentInvalid when the file is missing or is not a mapping."""
    try:
        data = strict_yaml.load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContentInvalid(f"{path.name}: cannot be read ({error.strerror})") from error
    except strict_yaml.YamlInvalid as error:
        raise ContentInvalid(f"{path.name}: {error}") from error
    if not isinstance(data, dict):
        raise ContentInvalid(f"{path.name}: a mapping is expected at the top")
    return data


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(str(entry) for entry in value)
    raise ContentInvalid(f"a list of texts is expected, not {value!r}")


def _pairs(value: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    return tuple((str(key), str(text)) for key, text in (value or {}).items())


def _by_id(entries: Iterable[_T], id_of: Callable[[_T], str]) -> Mapping[str, _T]:
    table: dict[str, _T] = {}
    for entry in entries:
        if id_of(entry) in table:
            raise ContentInvalid(f"the id {id_of(entry)!r} stands twice")
        table[id_of(entry)] = entry
    return MappingProxyType(table)


def _sources_of(entry: Entry) -> tuple[str, ...]:
    return _texts(entry.get("sources", entry.get("source")))


# --- instruments --------------------------------------------------------------------------------------------------


def _fraction(value: Number) -> Fraction:
    return Fraction(str(value))


def _options(entries: Iterable[Any] | None) -> tuple[Option, ...]:
    return tuple(
        Option(value=entry["value"], label=entry["label"]) for entry in entries or () if isinstance(entry, dict)
    )


def _item(entry: Entry) -> Item:
    trigger = entry.get("safety_trigger")
    return Item(
        id=entry["id"],
        text=entry["text"],
        options=_options(entry.get("options")),
        anchors=_pairs(entry.get("anchors")),
        point_if=entry.get("point_if"),
        safety_from=trigger["from"] if trigger else None,
    )


def _answer_rule(entry: Entry | None) -> AnswerRule | None:
    if entry is None:
        return None
    return AnswerRule(
        type=entry["type"],
        minimum=entry.get("min"),
        maximum=entry.get("max"),
        step=entry.get("step"),
        values=_texts(entry.get("values")),
    )


def _goal_constants(entry: Entry) -> GoalConstants:
    return GoalConstants(
        mean=entry["mean"],
        standard_deviation=entry["standard_deviation"],
        own_share=entry["own_share"],
        shared_share=entry["shared_share"],
    )


def _entry_field(entry: Entry) -> EntryField:
    return EntryField(
        id=entry["id"], label=entry["label"], type=entry["type"], minimum=entry.get("min"), maximum=entry.get("max")
    )


def _cutoff(entry: Entry) -> Cutoff:
    return Cutoff(value=str(entry.get("value", entry.get("range"))), label=entry["label"], source=entry["source"])


def _threshold(entry: Entry) -> ChangeThreshold:
    if ("points" in entry) == ("percent" in entry) or ("percent" in entry and not entry.get("before_from")):
        raise ContentInvalid("a change needs points, or percent of a score before that is above 0 (before_from)")
    return ChangeThreshold(
        way=entry["way"],
        label=entry["label"],
        source=entry["source"],
        points=_fraction(entry["points"]) if "points" in entry else None,
        percent=_fraction(entry["percent"]) if "percent" in entry else None,
        before_from=entry.get("before_from"),
        before_below=entry.get("before_below"),
    )


def _entered_criteria(entry: Entry) -> EnteredCriteria:
    return EnteredCriteria(
        regions_at_least=entry["regions_at_least"],
        alternatives=tuple(
            EnteredAlternative(one["wpi_from"], one.get("wpi_to"), one["sss_from"]) for one in entry["alternatives"]
        ),
    )


def _goal_limits(entry: Entry) -> GoalLimits:
    return GoalLimits(entry["at_most"], entry["weight_from"], entry["weight_to"])


def _instrument(entry: Entry, others: Mapping[str, Entry]) -> Instrument:
    scoring = entry["scoring"]
    missing = scoring["missing"]
    licence = entry["licence"]
    lender = others[entry["items_from"]] if "items_from" in entry else entry
    wanted = entry.get("items_used")
    items = tuple(_item(item) for item in lender.get("items", ()) if wanted is None or item["id"] in wanted)
    criteria = scoring.get("criteria") if scoring["kind"] == "criteria" else None
    zero_rest = scoring.get("zero_rest_when")
    total_range = scoring.get("total_range")
    floor = entry.get("band_floor")
    instrument = Instrument(
        id=entry["id"],
        name=entry["name"],
        short_name=entry.get("short_name", entry["name"]),
        ship=entry["ship"],
        purpose=entry["purpose"],
        licence=Licence(
            holder=licence["holder"],
            reproduce_text=licence["reproduce_text"],
            statement=licence.get("statement", ""),
            attribution=licence.get("attribution", ""),
            sources=_sources_of(licence),
        ),
        kind=scoring["kind"],
        method=scoring["method"],
        missing=MissingRule(
            rule=missing["rule"],
            up_to=missing.get("up_to", 0),
            never_imputed=_texts(missing.get("never_imputed")),
            items=_texts(missing.get("items")),
        ),
        missing_text=scoring["missing_text"],
        items=items,
        options=_options(lender.get("options")),
        anchors=_pairs(entry.get("anchors")),
        stem=lender.get("stem", ""),
        recall=entry.get("recall", ""),
        answers_accepted=entry["answers_accepted"],
        answer=_answer_rule(entry.get("answer")),
        total_range=cast(tuple[Number, Number], tuple(total_range)) if total_range else None,
        total_is_whole=scoring.get("total_type") == "int",
        decimals=scoring.get("decimals", 0),
        total_item=scoring.get("total_item"),
        zero_rest_item=zero_rest["item"] if zero_rest else None,
        zero_rest_answer=zero_rest["answer"] if zero_rest else 0,
        bands=tuple(
            Band(lowest=band["from"], label=band["label"], source=band["source"], sex=band.get("sex"))
            for band in entry.get("bands", ())
        ),
        entry_fields=tuple(_entry_field(field) for field in entry.get("entry_fields", ())),
        criteria=SymptomSignCriteria(
            always=_texts(criteria["always"]),
            categories=_texts(criteria["categories"]),
            symptoms_at_least=criteria["symptoms_at_least"],
            signs_at_least=criteria["signs_at_least"],
        )
        if criteria
        else None,
        entered_criteria=_entered_criteria(scoring["criteria"]) if scoring["kind"] == "criteria_entered" else None,
        goal_constants=_goal_constants(scoring["constants"]) if "constants" in scoring else None,
        goal_limits=_goal_limits(scoring["goals"]) if "goals" in scoring else None,
        direction=scoring.get("direction", ""),
        group=entry["group"],
        default_on=entry["default_on"],
        total_field=entry.get("total_field", ""),
        link=entry.get("link", ""),
        cutoffs=tuple(_cutoff(cutoff) for cutoff in entry["cutoffs"]),
        change=tuple(_threshold(threshold) for threshold in entry.get("change", ())),
        suggests=Suggestion(entry["suggests"]["instrument"], entry["suggests"]["from"])
        if "suggests" in entry
        else None,
        band_floor=BandFloor(floor["field"], floor["answer"], floor["from"]) if floor else None,
        freshness_days=entry["freshness_days"],
        sources=tuple(dict.fromkeys((*_texts(entry.get("item_text_sources")), *_texts(entry.get("validation"))))),
    )
    if instrument.items and not instrument.may_show_items:
        # SAFETY: a protected form must not reach a page (test_score_entry_instruments_carry_no_item_text).
        raise ContentInvalid(f"{instrument.id}: item text of an instrument that may only take a score")
    if instrument.answers_accepted and (not instrument.items or instrument.answer is None):
        raise ContentInvalid(f"{instrument.id}: answers are accepted but items or their answer range are missing")
    entered = {field.id for field in instrument.entry_fields}
    if not entered.issuperset(
        {instrument.total_field, instrument.band_floor.field if instrument.band_floor else ""} - {""}
    ):
        raise ContentInvalid(f"{instrument.id}: a figure that is read is not entered")
    if instrument.ship == "link_out" and not instrument.link:
        raise ContentInvalid(f"{instrument.id}: the owner's address is missing")
    return instrument


# --- body map -----------------------------------------------------------------------------------------------------


def _map_rules(entry: Entry) -> BodyMapRules:
    step = entry["classification"]["parameters"]
    localised = entry["localised"]
    return BodyMapRules(
        length_symmetry=_fraction(step["length_dependent"]["symmetry_at_least"]),
        length_leg_level=step["length_dependent"]["leg_level_at_most"],
        length_arm_level=step["length_dependent"]["arm_level_at_most"],
        length_first_level=step["length_dependent"]["first_level_at_most"],
        length_hands_from_leg_level=step["length_dependent"]["hands_expected_from_leg_level"],
        hemi_share=_fraction(step["hemisensory"]["one_side_share_at_least"]),
        hemi_regions=step["hemisensory"]["regions_at_least"],
        hemi_level=step["hemisensory"]["proximal_level_from"],
        cheiro_hand_level=step["cheiro_oral"]["hand_level_at_most"],
        cheiro_regions=step["cheiro_oral"]["regions_at_least"],
        crossed_parts=step["crossed"]["body_parts_at_least"],
        at_level_symmetry=_fraction(step["spinal_at_level"]["symmetry_at_least"]),
        at_level_bands=step["spinal_at_level"]["bands_at_most"],
        below_symmetry=_fraction(step["spinal_below_level"]["symmetry_at_least"]),
        below_proximal_level=step["spinal_below_level"]["proximal_level_from"],
        below_distal_level=step["spinal_below_level"]["distal_level_to"],
        widespread_acr=step["widespread"]["acr_regions_at_least"],
        widespread_regions=step["widespread"]["regions_at_least"],
        widespread_limbs=step["widespread"]["limbs_at_least"],
        widespread_limb_level=step["widespread"]["limb_level_from"],
        widespread_mirror=_fraction(step["widespread"]["mirror_symmetry_at_least"]),
        whole_level=step["whole_hand_or_foot"]["level_at_most"],
        whole_nothing_above=step["whole_hand_or_foot"]["nothing_above_level"],
        hands_shared=step["whole_hand_or_foot"]["shared_hand_bases_at_least"],
        hands_symmetry=_fraction(step["whole_hand_or_foot"]["symmetry_at_least"]),
        focal_precision=_fraction(step["focal"]["precision_at_least"]),
        focal_nerve_coverage=_fraction(step["focal"]["nerve_coverage_at_least"]),
        focal_root_coverage=_fraction(step["focal"]["root_coverage_at_least"]),
        focal_spine_bonus=_fraction(step["focal"]["spine_bonus"]),
        focal_ambiguous_below=_fraction(step["focal"]["ambiguous_below"]),
        focal_spine_regions=frozenset(step["focal"]["spine_regions"]),
        fallback_localized=step["fallback"]["localized_at_most"],
        confidence_high=_fraction(step["confidence"]["high_from"]),
        confidence_moderate=_fraction(step["confidence"]["moderate_from"]),
        localised_classes=frozenset(localised["classes"]),
        localised_regions=localised["regions_at_most"],
    )


def _body_map(entry: Entry) -> BodyMap:
    regions = _by_id(
        (
            Region(
                id=region["id"],
                base=region["base"],
                side=region["side"],
                view=region["view"],
                label=region["label"],
                area=region["area"],
                limb=region["limb"],
                level=region["ld_level"],
                acr_region=region["acr_region"],
                trigeminal=region["trigeminal"],
            )
            for region in entry["regions"]
        ),
        lambda region: region.id,
    )
    body_map = BodyMap(
        regions=regions,
        roots=tuple(
            Territory(id=t["id"], label=t["id"], own=frozenset(t["territory"]), extended=frozenset(t["extended"]))
            for t in entry["root_territories"]
        ),
        nerves=tuple(
            Territory(
                id=t["id"],
                label=t["name"],
                own=frozenset(t["territory"]),
                extended=frozenset(t["extended"]),
                single_region_ok=t["single_region_ok"],
                typical_site=t.get("typical_site", ""),
            )
            for t in entry["scored_nerves"]
        ),
        trunk_bands=tuple((name, frozenset(bases)) for name, bases in entry["trunk_bands"].items()),
        rules=_map_rules(entry),
        class_labels=MappingProxyType(dict(entry["class_labels"])),
        subclass_labels=MappingProxyType(dict(entry["subclass_labels"])),
        flag_texts=MappingProxyType({flag: text["text"] for flag, text in entry["flag_texts"].items()}),
        conditions_by_class=MappingProxyType(
            {name: tuple(ids) for name, ids in entry["classification"]["mapping_to_conditions"].items()}
        ),
        test_cases=tuple(
            MapCase(id=case["id"], title=case["title"], painted=tuple(case["painted"]), expect=case["expect"])
            for case in entry["test_cases"]
        ),
    )
    bases = {region.base for region in regions.values()}
    for territory in (*body_map.roots, *body_map.nerves):
        if stray := (territory.own | territory.extended) - bases:
            raise ContentInvalid(f"bodymap.yaml: {territory.id} names regions that do not exist: {sorted(stray)}")
    return body_map


# --- conditions, grading, red flags -------------------------------------------------------------------------------


def _grading(entry: Entry) -> Grading:
    return Grading(
        criteria=tuple(
            Criterion(id=c["id"], question=c["question"], values=tuple(c["values"])) for c in entry["inputs"]
        ),
        grades=tuple(entry["outputs"]),
        display=entry["display"],
        never=tuple(entry["never"]),
        treatment_gate=entry["treatment_gate"],
        trigeminal_variant=entry["trigeminal_variant"]["rule"],
        sources=_sources_of(entry),
        test_cases=tuple(entry["test_cases"]),
    )


def _sign(entry: Entry) -> Sign:
    return Sign(
        id=entry["id"],
        label=entry["label"],
        definition=entry.get("definition", ""),
        bedside=entry.get("bedside", ""),
        fibre=entry.get("fibre", ""),
    )


def _time_question(entry: Entry) -> TimeQuestion:
    if "values" in entry:
        return TimeQuestion(id=entry["id"], type="choice", values=tuple(entry["values"]))
    return TimeQuestion(id=entry["id"], type="date" if entry["type"] == "date_or_estimate" else "text")


def _stimulus(entry: Entry) -> Stimulus:
    measure = entry.get("measure")
    return Stimulus(
        id=entry["id"],
        label=entry["label"],
        how=entry["how"],
        gain=entry.get("gain"),
        loss=entry.get("loss"),
        has_rating=entry.get("rating", False),
        measure=Measure(measure["label"], measure["min"], measure["max"]) if measure else None,
        fibre=entry.get("fibre", ""),
    )


def _profile(entry: Entry) -> Profile:
    return Profile(
        id=entry["id"],
        label=entry["label"],
        text=entry["text"],
        criteria=tuple(
            ProfileCriterion(
                text=criterion["text"],
                signs=_texts(criterion.get("none_of", criterion.get("any_of"))),
                absent="none_of" in criterion,
            )
            for criterion in entry["criteria"]
        ),
    )


def _examination(entry: Entry) -> SensoryExamination:
    profiles = entry["profiles"]
    return SensoryExamination(
        rule=entry["rule"]["text"],
        references=tuple(Choice(id=choice["id"], label=choice["label"]) for choice in entry["references"]),
        stimuli=tuple(_by_id((_stimulus(one) for one in entry["stimuli"]), lambda stimulus: stimulus.id).values()),
        profiles=tuple(_by_id((_profile(one) for one in profiles["items"]), lambda profile: profile.id).values()),
        caution=profiles["caution"],
        sources=_sources_of(profiles),
    )


def _red_flag(entry: Entry) -> RedFlag:
    prompts = entry["prompts"]
    return RedFlag(
        id=entry["id"],
        name=entry["name"],
        urgency=entry["urgency"],
        triggers=tuple(entry["triggers"]),
        action=entry["action"],
        sources=_sources_of(entry),
        map_flags=_texts(prompts.get("body_map_flags")),
        item_prompts=tuple(
            ItemPrompt(instrument=p["instrument"], item=p["item"], lowest=p["from"]) for p in prompts.get("items", ())
        ),
    )


def _condition(entry: Entry) -> PainCondition:
    return PainCondition(
        id=entry["id"],
        name=entry["name"],
        site=entry["site"],
        distribution_class=entry["distribution"]["class"],
        distribution_text=entry["distribution"]["text"],
        confirm=tuple(entry["confirm"]),
        labs=tuple(entry["labs"]),
        instruments=tuple(entry["instruments"]),
        red_flags=tuple(entry["red_flags"]),
        atypical_pointers=entry.get("atypical_pointers", ""),
    )


def _concept(entry: Entry) -> Concept:
    return Concept(
        id=entry["id"],
        label=entry["label"],
        kind=entry["kind"],
        ask=entry["ask"],
        closed_by=_texts(entry.get("closed_by")),
        derived=bool(entry.get("derived_from")),
        freshness_days=entry.get("freshness_days"),
    )


def _check_references(content: AssessmentContent) -> None:
    """Every id that one definition uses for another must exist."""
    wanted: list[tuple[str, str, Mapping[str, object]]] = []
    for condition in content.conditions.values():
        wanted += [(condition.id, test, content.tests) for test in condition.confirm]
        wanted += [(condition.id, lab, content.labs) for lab in condition.labs]
        wanted += [(condition.id, instrument, content.instruments) for instrument in condition.instruments]
        wanted += [(condition.id, flag, content.red_flags) for flag in condition.red_flags]
        wanted.append((condition.id, condition.distribution_class, content.body_map.class_labels))
    for flag in content.red_flags.values():
        wanted.append((flag.id, flag.urgency, content.urgencies))
        wanted += [(flag.id, map_flag, content.body_map.flag_texts) for map_flag in flag.map_flags]
        wanted += [(flag.id, prompt.instrument, content.instruments) for prompt in flag.item_prompts]
    wanted += [(i.id, i.suggests.instrument, content.instruments) for i in content.instruments.values() if i.suggests]
    wanted += [(line.id, line.protocol, content.instruments) for line in content.safety_lines]
    evoked = {sign.id: sign for sign in content.phenotype.evoked}
    negative = {sign.id: sign for sign in content.phenotype.negative}
    for stimulus in content.examination.stimuli:
        wanted += [(stimulus.id, stimulus.gain, evoked)] if stimulus.gain else []
        wanted += [(stimulus.id, stimulus.loss, negative)] if stimulus.loss else []
    for profile in content.examination.profiles:
        wanted += [(profile.id, sign, evoked | negative) for entry in profile.criteria for sign in entry.signs]
    criteria = {criterion.id: criterion for criterion in content.grading.criteria}
    wanted += [(test.id, test.answers, criteria) for test in content.tests.values() if test.answers]
    for line in content.safety_lines:
        wanted += [(line.id, line.instrument, content.instruments), (line.id, line.red_flag, content.red_flags)]
    if lost := sorted({f"{owner} names {name!r}" for owner, name, table in wanted if name not in table}):
        raise ContentInvalid("knowledge: " + "; ".join(lost))


def load_content(folder: Path = KNOWLEDGE) -> AssessmentContent:
    """Read every file of the assessment. Raises ContentInvalid with the file and the place of the first mistake."""
    try:
        instruments = read_yaml(folder / "instruments.yaml")
        conditions = read_yaml(folder / "pain_conditions.yaml")
        words = conditions["phenotype_vocabulary"]
        vocabulary = read_yaml(folder / "vocabulary.yaml")
        entries = {entry["id"]: entry for entry in instruments["instruments"]}
        content = AssessmentContent(
            instruments=_by_id(
                (_instrument(entry, entries) for entry in instruments["instruments"]), lambda instrument: instrument.id
            ),
            body_map=_body_map(read_yaml(folder / "bodymap.yaml")),
            grading=_grading(conditions["neupsig_grading"]),
            phenotype=Phenotype(
                descriptors=tuple(Descriptor(id=d["id"], label=d["label"]) for d in words["descriptors"]),
                evoked=tuple(_sign(entry) for entry in words["evoked"]),
                negative=tuple(_sign(entry) for entry in words["negative"]),
                timing=tuple(_time_question(entry) for entry in words["temporal"]),
                aggravating=_texts(words["modifiers"]["aggravating"]),
                relieving=_texts(words["modifiers"]["relieving"]),
                trigeminal_triggers=frozenset(_texts(words["modifiers"]["trigeminal_triggers"])),
            ),
            examination=_examination(read_yaml(folder / "sensory_examination.yaml")),
            tests=_by_id(
                (
                    Test(
                        id=entry["id"],
                        name=entry["name"],
                        effect_on_grade=entry["effect_on_grade"],
                        answers="" if entry["answers"] == "none" else entry["answers"],
                        confirms=entry.get("confirms", ""),
                        limit=entry.get("limit", ""),
                        sources=_sources_of(entry),
                    )
                    for entry in conditions["tests"]
                ),
                lambda test: test.id,
            ),
            labs=_by_id(
                (
                    Laboratory(
                        id=entry["id"],
                        name=entry["name"],
                        finds=entry.get("finds", ""),
                        priority=entry["priority"],
                        sources=_sources_of(entry),
                    )
                    for entry in conditions["labs"]
                ),
                lambda lab: lab.id,
            ),
            red_flags=_by_id((_red_flag(entry) for entry in conditions["red_flags"]), lambda flag: flag.id),
            urgencies=_by_id(
                (
                    Urgency(
                        id=entry["id"],
                        label=entry["label"],
                        order=entry["order"],
                        stops_drug_proposals=entry["stops_drug_proposals"],
                    )
                    for entry in conditions["red_flag_urgencies"]
                ),
                lambda urgency: urgency.id,
            ),
            safety_lines=tuple(
                SafetyLine(
                    id=entry["id"],
                    instrument=entry["instrument"],
                    item=entry["item"],
                    lowest=entry["from"],
                    red_flag=entry["red_flag"],
                    protocol=entry["protocol"],
                    title=entry["title"],
                    text=entry["text"],
                )
                for entry in conditions["safety_lines"]
            ),
            conditions=_by_id((_condition(entry) for entry in conditions["conditions"]), lambda entry: entry.id),
            sources=_by_id(
                (
                    Source(
                        id=entry["id"],
                        citation=entry["title"],
                        read=entry["read"],
                        doi=entry.get("doi"),
                        url=entry.get("url"),
                        note=entry.get("note"),
                    )
                    for entry in read_yaml(folder / "sources" / "assessment.yaml")["sources"]
                ),
                lambda source: source.id,
            ),
            goal_constants=_goal_constants(read_yaml(folder / "goals.yaml")["gas"]["constants"]),
            core_every_visit=tuple(instruments["recommendation"]["core_set_every_visit"]),
            core_baseline=tuple(instruments["recommendation"]["core_set_baseline"]),
            version=instruments["version"],
            concepts=_by_id((_concept(entry) for entry in vocabulary["concepts"]), lambda concept: concept.id),
            preferences=tuple(
                Choice(id=entry["id"], label=entry["label"], hint=entry.get("effect", ""))
                for entry in vocabulary["preferences"]
            ),
        )
    except KeyError as error:
        raise ContentInvalid(f"knowledge: the key {error} is missing in the assessment content") from error
    _check_references(content)
    return content


@cache
def assessment_content() -> AssessmentContent:
    """The content as shipped, read once per process."""
    return load_content()

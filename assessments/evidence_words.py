"""Words for what the assessment says about the grading and for the sensory profiles. No decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.definitions import AssessmentContent
from assessments.evidence import Evidence
from assessments.record import AssessmentRecord
from assessments.sensory import ProfileFinding, Signs, profiles_of
from rules.truth import Truth

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"
# Trigeminal neuralgia asks the four questions in its own words (cruccu2016).
TRIGEMINAL_LABELS: Mapping[str, Text] = {
    "c1_history": gettext_lazy("1. Attacks of pain as in trigeminal neuralgia"),
    "c2_distribution": gettext_lazy("2. Inside trigeminal skin, on one side"),
    "c3_signs": gettext_lazy("3. Attacks can be set off"),
    "c4_test": gettext_lazy("4. MRI or neurophysiology shows the cause"),
}
LIKELIHOODS: Mapping[str, tuple[Text, str]] = {
    "likely": (gettext_lazy("likely"), "information"),
    "possible": (gettext_lazy("possible"), "quiet"),
    "unlikely": (gettext_lazy("unlikely"), "quiet"),
    "unknown": (gettext_lazy("not tested"), "unknown"),
}


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One thing that speaks for or against a criterion, in words; `tone` is that of a mark."""

    text: str
    speaks: str
    tone: str


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One sensory profile: how well it fits and what it asks for, each with yes, no or unknown."""

    label: str
    likelihood: Text
    tone: str
    text: str
    criteria: tuple[tuple[str, str], ...]


def evidence_rows(
    found: Iterable[Evidence], record: AssessmentRecord, content: AssessmentContent, names: Mapping[UUID | None, str]
) -> dict[str, list[EvidenceRow]]:
    """The rows of each criterion. `names` are those of the pain areas by id."""
    rows: dict[str, list[EvidenceRow]] = {criterion.id: [] for criterion in content.grading.criteria}
    tones = {"for": "good", "against": "warning", "open": "quiet"}
    for one in found:
        rows[one.criterion].append(EvidenceRow(_text(one, record, content, names), one.speaks, tones[one.speaks]))
    return rows


def _text(one: Evidence, record: AssessmentRecord, content: AssessmentContent, names: Mapping[UUID | None, str]) -> str:
    signs = {sign.id: sign.label for sign in (*content.phenotype.evoked, *content.phenotype.negative)}
    match one.kind:
        case "cause_stated":
            return _("Cause stated: %(causes)s") % {"causes": _causes(one.refs, content)}
        case "pattern_fits" | "pattern_differs" | "pattern_open":
            text = _pattern_text(one, content)
            area = names.get(one.area) if one.area else None
            return _("%(area)s: %(text)s") % {"area": area, "text": text[:1].lower() + text[1:]} if area else text
        case "signs_found":
            listed = ", ".join(signs[ref].lower() for ref in one.refs)
            return _("%(area)s: %(signs)s") % {"area": names.get(one.area, ""), "signs": listed}
        case "signs_absent":
            return _("%(area)s: looked for, nothing found") % {"area": names.get(one.area, "")}
        case "triggers":
            return _("%(area)s: attacks are set off by touch, chewing or talking") % {"area": names.get(one.area, "")}
    results = {"test_abnormal": _("abnormal"), "test_normal": _("normal, which does not lower the grade")}
    test = next(test for test in record.tests if test.id == one.refs[0])
    day = f", {test.done_on.isoformat()}" if test.done_on else ""
    result = results.get(one.kind, _("no result yet"))
    return f"{content.tests[test.id].name}: {result}{day}"


def _pattern_text(one: Evidence, content: AssessmentContent) -> str:
    causes = _causes(one.refs, content)
    if one.kind == "pattern_fits":
        return _("The marked skin fits %(causes)s") % {"causes": causes}
    if one.kind == "pattern_differs":
        return _(
            "The marked skin is not what %(causes)s usually gives. Marked wrongly, another cause, or one more?"
        ) % {"causes": causes}
    if not causes:
        return _("The marked skin is the pattern of no single cause")
    return _("The marked skin would fit: %(causes)s") % {"causes": causes}


def _causes(ids: Sequence[str], content: AssessmentContent) -> str:
    return ", ".join(content.conditions[cause].name for cause in ids if cause in content.conditions)


def profile_rows(record: AssessmentRecord, content: AssessmentContent) -> tuple[ProfileRow, ...]:
    """How well the signs of all areas fit each profile; nothing while no sign was looked for."""
    evoked: dict[str, str] = {}
    negative: dict[str, str] = {}
    for area in record.areas:
        for target, answers in ((evoked, area.evoked), (negative, area.negative)):
            # Found in one area is found, whatever another area says.
            target |= {sign: answer for sign, answer in answers.items() if target.get(sign) != "yes"}
    if not evoked and not negative:
        return ()
    return tuple(_profile(one) for one in profiles_of(Signs(evoked, negative), content.examination))


def _profile(found: ProfileFinding) -> ProfileRow:
    words = {Truth.YES: "yes", Truth.NO: "no", Truth.UNKNOWN: "unknown"}
    label, tone = LIKELIHOODS[found.likelihood]
    return ProfileRow(
        found.profile.label,
        label,
        tone,
        found.profile.text,
        tuple((one.criterion.text, words[one.truth]) for one in found.criteria),
    )

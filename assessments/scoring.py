"""Answers of a questionnaire to a score, by the definition in `knowledge/instruments.yaml`. Pure.

Missing answers stay missing: a total comes only from the instrument's own rule for missing items, otherwise the score
says "not scorable" and names the items. Nothing here grades pain or chooses treatment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import sqrt

from assessments.definitions import Answer, AnswerRule, Band, GoalConstants, Instrument, Item, Number

YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Score:
    """What the answers come to.

    `total` is None when it cannot be computed; `missing` then (and also when a rule filled a gap) names the item ids.
    `met` is the answer of a checklist of criteria: None is unknown. `flags`: `safety:<item id>` when an answer reached
    its safety level, `prorated` when a rule replaced missing items, `contradiction:<item id>` when two answers exclude
    each other, `order:<item id>` when a least or worst value lies on the wrong side.
    """

    instrument: str
    total: Number | None
    band: Band | None
    scorable: bool
    missing: tuple[str, ...] = ()
    missing_numbers: tuple[int, ...] = ()
    met: bool | None = None
    subscores: tuple[tuple[str, Number], ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Whether the total counts the given answers only, and the missing ones keep a band from being named."""
        return self.scorable and self.total is not None and self.band is None and bool(self.missing)

    @property
    def reason(self) -> str:
        """Why there is no total, in words; empty when there is one."""
        if self.scorable:
            return ""
        if not self.missing_numbers:
            return "not scorable"
        return f"not scorable, {numbered(self.missing_numbers)} missing"


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    """One thing that is wrong with given answers: where, what, and what would be right."""

    path: str
    problem: str
    expected: str


class AnswersInvalid(ValueError):
    """The answers do not fit the instrument; `problems` lists everything that is wrong, with its place."""

    def __init__(self, problems: Sequence[AnswerProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.path}: {p.problem} (expected {p.expected})" for p in problems))


def numbered(numbers: Sequence[int]) -> str:
    """ "item 9", "items 2 and 4", "items 8-10": how people name questions by their number."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    parts = [str(first) if first == last else f"{first}-{last}" for first, last in runs]
    text = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"{'item' if len(numbers) == 1 else 'items'} {text}"


def score(
    instrument_id: str,
    definitions: Mapping[str, Instrument],
    *,
    answers: Sequence[Answer] | None = None,
    total: Number | None = None,
    met: bool | None = None,
    sex: str | None = None,
) -> Score:
    """Score one instrument from its answers in order (None for one that was not given), or take a total or a verdict.

    Exactly one of `answers`, `total` and `met` is given. `sex` ("female", "male") chooses bands that differ by sex;
    without it a band is named only where both sexes agree. Raises AnswersInvalid with every problem.
    """
    instrument = definitions.get(instrument_id)
    if instrument is None:
        raise AnswersInvalid(
            [AnswerProblem("id", f"{instrument_id} is not an instrument", "an id of instruments.yaml")]
        )
    if sum(given is not None for given in (answers, total, met)) != 1:
        raise AnswersInvalid([AnswerProblem("", "answers, total and met exclude each other", "exactly one of them")])
    if met is not None:
        return Score(instrument.id, None, None, scorable=True, met=met)
    if total is not None:
        return _entered(instrument, total, sex)
    assert answers is not None  # the count above
    return _from_answers(instrument, answers, sex)


def item_answer(instrument: Instrument, answers: Sequence[Answer], item_id: str) -> Answer:
    """The answer to one item as given: never imputed. None when it was not given."""
    for item, answer in zip(instrument.items, answers, strict=False):
        if item.id == item_id:
            return answer
    return None


# --- totals from elsewhere ----------------------------------------------------------------------------------------


def _entered(instrument: Instrument, total: Number, sex: str | None) -> Score:
    if isinstance(total, bool) or not isinstance(total, (int, float)) or total != total:
        raise AnswersInvalid([AnswerProblem("total", f"{total!r} is not a number", "a number")])
    if instrument.total_range is not None:
        low, high = instrument.total_range
        if not low <= total <= high:
            raise AnswersInvalid(
                [AnswerProblem("total", f"{total} is outside the totals of {instrument.id}", f"{low} to {high}")]
            )
    if instrument.total_is_whole:
        if total != int(total):
            raise AnswersInvalid([AnswerProblem("total", f"{total} is not a whole number", "a whole number")])
        total = int(total)
    return Score(instrument.id, total, band_of(instrument, total, sex), scorable=True)


def band_of(instrument: Instrument, total: Number, sex: str | None = None) -> Band | None:
    """The band a total falls into; None when there is none, or when it depends on a sex that is not known."""
    sexes = {band.sex for band in instrument.bands}
    if sexes <= {None}:
        return _last_reached(instrument.bands, total)
    if sex in sexes:
        return _last_reached([band for band in instrument.bands if band.sex == sex], total)
    each = [_last_reached([band for band in instrument.bands if band.sex == one], total) for one in sexes]
    ranks = {
        sorted(b.lowest for b in instrument.bands if b.sex == band.sex).index(band.lowest) for band in each if band
    }
    return each[0] if None not in each and len(ranks) == 1 else None


def _last_reached(bands: Sequence[Band], total: Number) -> Band | None:
    reached = [band for band in bands if band.lowest <= total]
    return max(reached, key=lambda band: band.lowest) if reached else None


# --- answers ------------------------------------------------------------------------------------------------------


def _check(instrument: Instrument, answers: Sequence[Answer]) -> None:
    if not instrument.answers_accepted or instrument.answer is None:
        raise AnswersInvalid(
            [
                AnswerProblem(
                    "answers", f"{instrument.id} takes a score only, no answers", "the total of the licensed form"
                )
            ]
        )
    if len(answers) not in instrument.answer_counts:
        needed = " or ".join(str(count) for count in instrument.answer_counts)
        raise AnswersInvalid(
            [
                AnswerProblem(
                    "answers",
                    f"{len(answers)} answers, {instrument.id} has {needed} items",
                    f"{needed} answers, null for one that was not given",
                )
            ]
        )
    problems = [
        AnswerProblem(f"answers[{index}]", f"{answer} is outside the answers of {instrument.id}", _expected(rule))
        for index, answer in enumerate(answers)
        for rule in [_rule_for(instrument, index, len(answers))]
        if answer is not None and not _fits(rule, answer)
    ]
    if problems:
        raise AnswersInvalid(problems)


def _rule_for(instrument: Instrument, index: int, count: int) -> AnswerRule:
    """The rule of one answer: the whole instrument's, or yes and no for a criterion that must always hold."""
    assert instrument.answer is not None
    if (
        instrument.criteria
        and count == len(instrument.items)
        and instrument.items[index].id in instrument.criteria.always
    ):
        return AnswerRule(type="choice", values=(YES, NO))
    return instrument.answer


def _fits(rule: AnswerRule, answer: Answer) -> bool:
    if rule.type == "any":
        return True
    if rule.type == "choice":
        return answer in rule.values
    if isinstance(answer, bool) or not isinstance(answer, (int, float)):
        return False
    assert rule.minimum is not None and rule.maximum is not None
    if not rule.minimum <= answer <= rule.maximum:
        return False
    return Fraction(str(answer)) % Fraction(str(rule.step or 1)) == 0


def _expected(rule: AnswerRule) -> str:
    if rule.type == "choice":
        return " or ".join(rule.values)
    steps = f" in steps of {rule.step}" if rule.type == "step" else ""
    return f"{rule.minimum} to {rule.maximum}{steps}"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one way of scoring found, before the band is looked up."""

    total: Number | None = None
    missing: tuple[str, ...] = ()
    scorable: bool = True
    met: bool | None = None
    subscores: tuple[tuple[str, Number], ...] = ()
    flags: tuple[str, ...] = ()
    has_band: bool = True


def _from_answers(instrument: Instrument, answers: Sequence[Answer], sex: str | None) -> Score:
    _check(instrument, answers)
    given = _by_item(instrument, answers)
    flags = [f"safety:{item.id}" for item in instrument.items if _reached(item, given[item.id])]
    if instrument.zero_rest_item is not None and given[instrument.zero_rest_item] == instrument.zero_rest_answer:
        others = [key for key in given if key != instrument.zero_rest_item]
        flags += [f"contradiction:{key}" for key in others if given[key] not in (None, 0)]
        given |= dict.fromkeys(others, 0)
    outcome = _outcome(instrument, given)
    positions = {item.id: number for number, item in enumerate(instrument.items, start=1)}
    return Score(
        instrument.id,
        outcome.total,
        band_of(instrument, outcome.total, sex) if outcome.total is not None and outcome.has_band else None,
        scorable=outcome.scorable,
        missing=outcome.missing,
        missing_numbers=tuple(positions[key] for key in outcome.missing),
        met=outcome.met,
        subscores=outcome.subscores,
        flags=(*flags, *outcome.flags),
    )


def _by_item(instrument: Instrument, answers: Sequence[Answer]) -> dict[str, Answer]:
    """The answers by item id; a checklist given by its categories alone leaves the other criteria open."""
    criteria = instrument.criteria
    if criteria is not None and len(answers) == len(criteria.categories):
        return {item.id: None for item in instrument.items} | dict(zip(criteria.categories, answers, strict=True))
    return dict(zip((item.id for item in instrument.items), answers, strict=True))


def _outcome(instrument: Instrument, given: Mapping[str, Answer]) -> _Outcome:
    missing = tuple(key for key, answer in given.items() if answer is None)
    match instrument.kind:
        case "single_items":
            return _single_items(instrument, given, missing)
        case "keyed_count":
            return _keyed_count(instrument, given)
        case "answered":
            absent = tuple(key for key in instrument.missing.items if given[key] is None)
            return _Outcome(missing=absent, scorable=not absent, met=not absent)
        case "criteria":
            verdict = _criteria_met(instrument, given)
            return _Outcome(missing=missing if verdict is None else (), scorable=verdict is not None, met=verdict)
        case "sum" | "mean" | "single":
            return _added(instrument, given, missing)
        case _:
            raise AnswersInvalid([AnswerProblem("answers", f"{instrument.id} is not scored from answers", "its total")])


def _single_items(instrument: Instrument, given: Mapping[str, Answer], missing: tuple[str, ...]) -> _Outcome:
    """Items that are never added up; one of them stands for the whole."""
    numbers = {key: answer for key, answer in given.items() if isinstance(answer, (int, float))}
    total = numbers.get(instrument.total_item or "")
    return _Outcome(
        total, missing, scorable=total is not None, subscores=tuple(numbers.items()), flags=_order_flags(given)
    )


def _keyed_count(instrument: Instrument, given: Mapping[str, Answer]) -> _Outcome:
    """One point for each answer that equals its key; items whose key is "none" are asked and not counted."""
    scored = [item for item in instrument.items if item.point_if in (YES, NO)]
    absent = tuple(item.id for item in scored if given[item.id] is None)
    if absent:
        return _Outcome(missing=absent, scorable=False)
    return _Outcome(sum(given[item.id] == item.point_if for item in scored))


def _added(instrument: Instrument, given: Mapping[str, Answer], missing: tuple[str, ...]) -> _Outcome:
    """Sum or mean of the answers, with the instrument's own rule for what is missing."""
    rule, count = instrument.missing, len(instrument.items)
    numbers = [Fraction(str(answer)) for answer in given.values() if answer is not None]
    added = sum(numbers, Fraction(0))
    if not missing:
        return _Outcome(_rounded(added / count if instrument.kind == "mean" else added, instrument.decimals))
    if rule.rule == "prorate" and len(missing) <= rule.up_to and not set(missing) & set(rule.never_imputed):
        return _Outcome(_rounded(added / len(numbers) * count, instrument.decimals), missing, flags=("prorated",))
    if rule.rule == "answered_only" and numbers:
        # SAFETY: one yes is enough for the risk; without one, unanswered questions leave it open, so no band is named
        # (test_falls_screen_without_a_yes_names_no_band_while_answers_are_missing).
        return _Outcome(_rounded(added, instrument.decimals), missing, has_band=added > 0)
    return _Outcome(missing=missing, scorable=False)


def _reached(item: Item, answer: Answer) -> bool:
    return item.safety_from is not None and isinstance(answer, (int, float)) and answer >= item.safety_from


def _rounded(value: Fraction, decimals: int) -> Number:
    """Half up, as people round by hand; a whole number when no decimals are asked for."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return float(rounded) if decimals else int(rounded)


def _order_flags(given: Mapping[str, Answer]) -> tuple[str, ...]:
    """Least above average, or average above worst: a slip worth asking about."""
    least, average, worst = (given.get(f"nrs_{which}") for which in ("least", "average", "worst"))
    flags = []
    if isinstance(least, int) and any(isinstance(v, int) and least > v for v in (average, worst)):
        flags.append("order:nrs_least")
    if isinstance(worst, int) and isinstance(average, int) and average > worst:
        flags.append("order:nrs_worst")
    return tuple(flags)


def _criteria_met(instrument: Instrument, given: Mapping[str, Answer]) -> bool | None:
    """Kleene: one failed part settles a no; what is missing leaves the rest open."""
    criteria = instrument.criteria
    assert criteria is not None
    always = [given[key] for key in criteria.always]
    categories = [given[key] for key in criteria.categories]
    open_categories = sum(answer is None for answer in categories)
    symptoms = sum(answer in ("symptom", "both") for answer in categories)
    signs = sum(answer in ("sign", "both") for answer in categories)
    if (
        NO in always
        or symptoms + open_categories < criteria.symptoms_at_least
        or signs + open_categories < criteria.signs_at_least
    ):
        return False
    enough = symptoms >= criteria.symptoms_at_least and signs >= criteria.signs_at_least
    return True if enough and all(answer == YES for answer in always) else None


def goal_attainment(
    weights: Sequence[Number], levels: Sequence[Number | None], constants: GoalConstants
) -> Number | None:
    """The T score of goal attainment scaling, one decimal: 50 means that the goals were met as expected.

    `levels` run from -2 to +2 per goal; a goal without a rating is left out, and None comes back when none is rated
    (turnerstokes2009, with the formula of its erratum). Raises ValueError for lists of different length.
    """
    rated = [(weight, level) for weight, level in zip(weights, levels, strict=True) if level is not None]
    if not rated:
        return None
    spread = sqrt(
        constants.own_share * sum(weight**2 for weight, _ in rated)
        + constants.shared_share * sum(weight for weight, _ in rated) ** 2
    )
    if spread == 0:
        return None
    gain = sum(weight * level for weight, level in rated)
    return round(constants.mean + constants.standard_deviation * gain / spread, 1)

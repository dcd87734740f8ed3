"""Whether a proposal does what a library case expects of it (the `expect` of a case); every failure is one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from treatments.patient_facts import PatientFacts
from treatments.proposal import Proposal
from treatments.proposal.model import DosePlan, OptionResult, Status
from treatments.rulebook import Rulebook

Expected: TypeAlias = Any


class _Subject:
    """A proposal with what is needed to look things up in it."""

    def __init__(self, proposal: Proposal, facts: PatientFacts, rulebook: Rulebook) -> None:
        self.proposal = proposal
        self.facts = facts
        self.rulebook = rulebook
        self.options: dict[str, OptionResult] = {
            result.id: result for result in (*proposal.agents, *proposal.therapies)
        }
        self.alerts = {alert.id for alert in proposal.alerts}

    def dose(self, agent: str) -> DosePlan | None:
        return self.options[agent].dose

    def names(self, drug: str) -> set[str]:
        """Every name that a drug may have in the proposal: of an agent, or of what an entry of the list contains."""
        found = {drug, drug.replace("_", " ")}
        for item in self.rulebook.agents:
            if drug == item.id or drug in item.drug_names:
                found |= {item.id, *item.drug_names}
        for medicine in self.facts.medicines:
            if drug.casefold() in {medicine.name.casefold(), *medicine.names}:
                found |= {part.name for part in medicine.ingredients}
        return found


def failures(expect: Mapping[str, Expected], proposal: Proposal, facts: PatientFacts, rulebook: Rulebook) -> list[str]:
    """What the case expects and the proposal does not do, in the order of the expectations."""
    subject = _Subject(proposal, facts, rulebook)
    found: list[str] = []
    for key, wanted in expect.items():
        check = _CHECKS.get(key)
        if check is None:
            found.append(f"{key}: not an expectation")
        else:
            found.extend(f"{key}: {text}" for text in check(subject, wanted))
    return found


def _has_status(*statuses: Status) -> Callable[[_Subject, Sequence[str]], Iterator[str]]:
    def check(subject: _Subject, ids: Sequence[str]) -> Iterator[str]:
        for name in ids:
            status = subject.options[name].status
            if status not in statuses:
                yield f"{name} is {status.value}{_because(subject.options[name])}"

    return check


def _because(result: OptionResult) -> str:
    rules = [reason.rule for reason in result.reasons[:4]]
    waiting = f"; waits for {', '.join(result.missing)}" if result.missing else ""
    return f" ({', '.join(rules)}{waiting})" if rules or waiting else ""


def _recommended_any(subject: _Subject, ids: Sequence[str]) -> Iterator[str]:
    if not any(subject.options[name].status is Status.RECOMMENDED for name in ids):
        yield f"none of {', '.join(f'{name} ({subject.options[name].status.value})' for name in ids)}"


def _first_any(subject: _Subject, ids: Sequence[str]) -> Iterator[str]:
    first = [result.id for result in subject.proposal.agents if result.rank == 1]
    if not set(first) & set(ids):
        yield f"rank 1 is {', '.join(first) or 'nobody'}"


def _ranked_before(subject: _Subject, pairs: Sequence[Sequence[str]]) -> Iterator[str]:
    for one, other in pairs:
        ranks = [subject.options[name].rank or float("inf") for name in (one, other)]
        if not ranks[0] < ranks[1]:
            yield f"{one} has rank {subject.options[one].rank}, {other} has rank {subject.options[other].rank}"


def _advised(subject: _Subject, pair: Sequence[str]) -> bool:
    members = subject.rulebook.class_members
    for item in subject.proposal.combinations:
        sides = [members.get(component, frozenset({component})) for component in item.components]
        one, other = pair
        if (
            item.advised
            and len(sides) == 2
            and any(one in first and other in second for first, second in (sides, sides[::-1]))
        ):
            return True
    return False


def _combinations(wanted: bool) -> Callable[[_Subject, Sequence[Sequence[str]]], Iterator[str]]:
    def check(subject: _Subject, pairs: Sequence[Sequence[str]]) -> Iterator[str]:
        for pair in pairs:
            if _advised(subject, pair) is not wanted:
                yield f"{' with '.join(pair)} is {'not ' if wanted else ''}advised"

    return check


def _stop_or_taper(subject: _Subject, names: Sequence[str]) -> Iterator[str]:
    found = set(subject.proposal.medicines.stop_or_taper)
    for name in names:
        if not subject.names(name) & found:
            yield f"{name} may go on"


def _max_per_day(subject: _Subject, limits: Mapping[str, float]) -> Iterator[str]:
    for agent, limit in limits.items():
        dose = subject.dose(agent)
        # An excluded agent has no dose: nothing may be given, which is within any ceiling.
        if dose is None and subject.options[agent].status is not Status.EXCLUDED:
            yield f"{agent} has no dose"
        elif dose is not None and dose.max_per_day > limit:
            yield f"{agent} may go to {dose.max_per_day:g}, above {limit:g}"


def _start_per_day(subject: _Subject, limits: Mapping[str, float]) -> Iterator[str]:
    for agent, limit in limits.items():
        dose = subject.dose(agent)
        if dose is None and subject.options[agent].status is not Status.EXCLUDED:
            yield f"{agent} has no dose"
        elif dose is not None and dose.start_per_day > limit:
            yield f"{agent} starts with {dose.start_per_day:g}, above {limit:g}"


def _missing(subject: _Subject, wanted: Sequence[str] | Mapping[str, Sequence[str]]) -> Iterator[str]:
    if isinstance(wanted, Mapping):
        for option, names in wanted.items():
            for fact in names:
                if fact not in subject.options[option].missing:
                    yield f"{option} does not wait for {fact}"
        return
    asked = {item.fact for item in subject.proposal.missing}
    for fact in wanted:
        if fact not in asked:
            yield f"{fact} is not asked for"


def _alerts(subject: _Subject, ids: Sequence[str]) -> Iterator[str]:
    for name in ids:
        if name not in subject.alerts:
            yield f"{name} is not raised"


def _no_alerts(subject: _Subject, ids: Sequence[str]) -> Iterator[str]:
    for name in ids:
        if name in subject.alerts:
            yield f"{name} is raised"


def _alerts_any(subject: _Subject, ids: Sequence[str]) -> Iterator[str]:
    if not subject.alerts & set(ids):
        yield f"none of {', '.join(ids)} is raised"


def _stop(subject: _Subject, wanted: bool) -> Iterator[str]:
    if (subject.proposal.stop is not None) is not wanted:
        yield f"the proposal {'goes on' if wanted else 'stops'}"


def _monitoring(subject: _Subject, wanted: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for option, tests in wanted.items():
        held = {item.test for item in subject.options[option].monitoring}
        for test in tests:
            if test not in held:
                yield f"{option} is not monitored with {test}"


def _interactions(subject: _Subject, wanted: Sequence[Sequence[str]]) -> Iterator[str]:
    findings = [*subject.proposal.medicines.interactions]
    findings.extend(finding for result in subject.proposal.agents for finding in result.interactions)
    for one, other, severity in wanted:
        names = (subject.names(one), subject.names(other))
        found = {
            finding.severity
            for finding in findings
            if (finding.a in names[0] and finding.b in names[1]) or (finding.b in names[0] and finding.a in names[1])
        }
        if severity not in found:
            yield f"{one} with {other}: {', '.join(sorted(found)) or 'nothing'} instead of {severity}"


def _not_checked(subject: _Subject, names: Sequence[str]) -> Iterator[str]:
    held = [name.casefold() for name in subject.proposal.medicines.not_checked]
    for name in names:
        if name.casefold() not in held:
            yield f"{name} was recognised"
    for name in held:
        if name not in {wanted.casefold() for wanted in names}:
            yield f"{name} was not recognised"


def _fact_is(name: str) -> Callable[[_Subject, Expected], Iterator[str]]:
    def check(subject: _Subject, wanted: Expected) -> Iterator[str]:
        value = subject.facts.get(name)
        if value != wanted:
            yield f"{value} instead of {wanted}"

    return check


def _scores(subject: _Subject, wanted: Mapping[str, float | str]) -> Iterator[str]:
    for instrument, total in wanted.items():
        derived = subject.proposal.derived.get(f"{instrument}_total")
        value = derived.value if derived is not None else None
        if total == "not_scorable":
            if value is not None:
                yield f"{instrument} has the total {value}"
        elif value != total:
            yield f"{instrument} has the total {value} instead of {total}"


def _derived(subject: _Subject, wanted: Mapping[str, Sequence[float]]) -> Iterator[str]:
    for fact, (low, high) in wanted.items():
        value = subject.facts.get(fact)
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            yield f"{fact} is {value}, not within {low:g} to {high:g}"


def _called(kind: Callable[[Proposal], Iterable[str]]) -> Callable[[_Subject, Sequence[str]], Iterator[str]]:
    def check(subject: _Subject, ids: Sequence[str]) -> Iterator[str]:
        held = set(kind(subject.proposal))
        for name in ids:
            if name not in held:
                yield f"{name} is not there"

    return check


_CHECKS: Mapping[str, Callable[[_Subject, Expected], Iterator[str]]] = MappingProxyType(
    {
        "recommended": _has_status(Status.RECOMMENDED),
        "possible": _has_status(Status.POSSIBLE),
        "needs_data": _has_status(Status.NEEDS_DATA),
        "excluded": _has_status(Status.EXCLUDED),
        "not_recommended": _has_status(Status.POSSIBLE, Status.NEEDS_DATA, Status.EXCLUDED),
        "not_excluded": _has_status(Status.RECOMMENDED, Status.POSSIBLE, Status.NEEDS_DATA),
        "recommended_any": _recommended_any,
        "first_any": _first_any,
        "ranked_before": _ranked_before,
        "combinations": _combinations(True),
        "not_combinations": _combinations(False),
        "stop_or_taper": _stop_or_taper,
        "alerts": _alerts,
        "no_alerts": _no_alerts,
        "alerts_any": _alerts_any,
        "max_per_day": _max_per_day,
        "start_per_day_at_most": _start_per_day,
        "missing": _missing,
        "stop": _stop,
        "monitoring": _monitoring,
        "interactions": _interactions,
        "not_checked": _not_checked,
        "certainty_grade": _fact_is("certainty_grade"),
        "distribution": _fact_is("distribution"),
        "scores": _scores,
        "derived": _derived,
        "referrals": _called(lambda proposal: (call.id for call in proposal.referrals)),
        "education": _called(lambda proposal: (call.id for call in proposal.education)),
    }
)

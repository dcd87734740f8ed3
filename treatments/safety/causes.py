"""One alert per cause: what a rule, an interaction and a burden say of the same medicines is one thing."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from treatments.safety.model import TIERS, Cause, Check

# What speaks for several medicines at once; its reason is given for the alert, not for one item.
WHOLE = frozenset({"danger", "burden", "alert", "ceiling"})
_ADDS_UP = frozenset({"danger", "burden", "alert"})
_KINDS = ("danger", "burden", "alert", "interaction", "duplicate", "rule", "combination")


def causes(found: Iterable[Check]) -> tuple[Cause, ...]:
    """The checks by cause, the gravest first; in each cause the loudest check stands for the others."""
    checks = list(found)
    about: dict[str, frozenset[str]] = {}
    for check in checks:
        if check.kind in _ADDS_UP and check.theme:
            about[check.theme] = about.get(check.theme, frozenset()) | check.medicines
    groups: dict[Hashable, list[Check]] = {}
    for check in checks:
        groups.setdefault(_key(check, about), []).append(check)
    found_causes = []
    for group in groups.values():
        head, *folded = sorted(group, key=_loudness)
        found_causes.append(Cause(head, tuple(folded)))
    return tuple(sorted(found_causes, key=lambda cause: _loudness(cause.head)))


def _key(check: Check, about: dict[str, frozenset[str]]) -> Hashable:
    medicines = about.get(check.theme)
    if medicines is not None and check.medicines <= medicines:
        # A burden of two medicines is what their pair says.
        return medicines if len(medicines) == 2 else check.theme
    if check.kind in _KINDS and len(check.medicines) > 1:
        return check.medicines
    return check.id, check.items[-1:]


def _loudness(check: Check) -> tuple[int, bool, bool, int, int, str, tuple[str, ...]]:
    kind = _KINDS.index(check.kind) if check.kind in _KINDS else len(_KINDS)
    if check.kind in _ADDS_UP and len(check.medicines) <= 2:
        kind += len(_KINDS)
    return (
        TIERS.index(check.tier),
        not check.graver,
        not check.needs_reason,
        kind,
        -len(check.medicines),
        check.id,
        check.items,
    )

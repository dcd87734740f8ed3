"""How an amount is made of products: fewest units, always the same answer. Amounts are in the unit of the products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import floor, gcd

from treatments.products import Product

# Amounts are counted in thousandths, so that 37.5 and 2.5 are whole.
_SCALE = 1000
# What arithmetic alone makes of a whole thousandth.
_NOISE = 1e-6
# No dose is made of more pieces than this; what needs more is a mistake of the pen.
_MOST_PIECES = 2_000

Products = tuple[Product, ...]
Portions = tuple[tuple[Product, float], ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    size: int
    product: Product
    count: float

    @property
    def is_part(self) -> bool:
        return self.product.has_halves and self.count < 1


def scaled(amount: float) -> int:
    """Thousandths of the unit."""
    return round(amount * _SCALE)


def can_be_said(amount: float) -> bool:
    """Whether it has no more than three decimals, so that it can be read, measured and counted as it is."""
    return abs(amount * _SCALE - scaled(amount)) < _NOISE


@lru_cache(maxsize=256)
def _pieces(products: Products) -> tuple[_Piece, ...]:
    """What can be put together, the largest first."""
    found = []
    for product in products:
        counts = [product.smallest] if product.is_liquid else dict.fromkeys((1.0, product.smallest))
        found += [_Piece(scaled(product.strength * count), product, count) for count in counts]
    return tuple(sorted(found, key=lambda piece: (-piece.size, piece.is_part, piece.product.id)))


class _Table:
    """For each amount up to a limit, in steps of what all pieces have in common: how few units make it."""

    def __init__(self, products: Products, upto: int) -> None:
        self.pieces = _pieces(products)
        self.step = gcd(*(piece.size for piece in self.pieces))
        at_once = min((p.at_once for p in products if p.at_once is not None), default=None)
        size = min(upto // self.step, _MOST_PIECES * max(piece.size for piece in self.pieces) // self.step)
        # Units, then how many of them are parts; None where nothing makes the amount.
        self.cost: list[tuple[int, int] | None] = [(0, 0), *([None] * size)]
        for place in range(1, size + 1):
            ways = (self._with(piece, place) for piece in self.pieces)
            best = min((way for way in ways if way is not None), default=None)
            if best is not None and (at_once is None or best[0] <= at_once):
                self.cost[place] = best

    def _with(self, piece: _Piece, place: int) -> tuple[int, int] | None:
        before = place - piece.size // self.step
        cost = self.cost[before] if before >= 0 else None
        return None if cost is None else (cost[0] + 1, cost[1] + piece.is_part)

    def place(self, amount: int) -> int | None:
        """Where an amount stands; None where nothing makes it."""
        place, rest = divmod(amount, self.step)
        if rest or not 0 < place < len(self.cost) or self.cost[place] is None:
            return None
        return place

    def taken(self, place: int) -> Iterable[_Piece]:
        """The pieces: of one strength where that takes no more of them, else the largest first."""
        for piece in self.pieces:
            units = place * self.step // piece.size
            if units * piece.size == place * self.step and (units, units * piece.is_part) == self.cost[place]:
                return [piece] * units
        found = []
        while place:
            piece = next(p for p in self.pieces if self._with(p, place) == self.cost[place])
            found.append(piece)
            place -= piece.size // self.step
        return found


@lru_cache(maxsize=512)
def _table(products: Products, upto: int) -> _Table:
    return _Table(products, upto)


def _table_for(products: Products, amount: int) -> _Table:
    """A table that reaches the amount; of few sizes, so that they are kept."""
    largest = max(piece.size for piece in _pieces(products))
    return _table(products, largest * 2 ** max(2, (amount // largest + 1).bit_length()))


@lru_cache(maxsize=4096)
def portions(amount: float, products: Products) -> Portions | None:
    """What makes this amount, the strongest first; None where these products cannot.

    Of what is drawn from vials: the vials that hold the amount with the least left over.
    """
    wanted = scaled(amount)
    if wanted <= 0 or not products:
        return None
    table = _table_for(products, wanted)
    place = table.place(wanted)
    if place is None and any(product.drawn for product in products):
        first = -(-wanted // table.step)
        place = next((p for p in range(first, len(table.cost)) if table.cost[p] is not None), None)
    if place is None:
        return None
    counts: dict[str, float] = {}
    by_id = {product.id: product for product in products}
    for piece in table.taken(place):
        counts[piece.product.id] = counts.get(piece.product.id, 0) + piece.count
    made = sorted(counts.items(), key=lambda item: (-by_id[item[0]].strength, item[0]))
    return tuple((by_id[key], round(count, 3)) for key, count in made)


@lru_cache(maxsize=1024)
def amounts(products: Products, upto: float) -> tuple[float, ...]:
    """Every amount above 0 and at most `upto` that the products make, rising."""
    if not products or upto <= 0:
        return ()
    # Rounded down: what is not quite reached is not reached.
    limit = floor(upto * _SCALE + _NOISE)
    table = _table_for(products, limit)
    last = min(limit // table.step, len(table.cost) - 1)
    return tuple(place * table.step / _SCALE for place in range(1, last + 1) if table.cost[place] is not None)


def nearest(amount: float, products: Products) -> tuple[float, ...]:
    """The next amounts below and above that the products make; one of them where there is no other."""
    if not products:
        return ()
    made = amounts(products, amount + max(product.strength for product in products))
    below = [each for each in made if each <= amount][-1:]
    above = [each for each in made if each > amount][:1]
    return (*below, *above)


@lru_cache(maxsize=8192)
def split(per_day: float, times: int, products: Products, most: float | None = None) -> tuple[float, ...] | None:
    """The doses of a day: `times` of them, or fewer where that cannot be; as equal as possible, the larger ones later.

    None where the products cannot make the day, or only with a single dose above `most`.
    """
    limit = per_day if most is None else min(most, per_day)
    made = [scaled(each) for each in amounts(products, limit)]
    for count in range(times, 0, -1):
        found = _parts(scaled(per_day), count, made)
        if found is not None:
            return tuple(part / _SCALE for part in found)
    return None


def _parts(rest: int, count: int, made: Sequence[int]) -> tuple[int, ...] | None:
    if count == 1:
        return (rest,) if rest in made else None
    for part in reversed(made):
        if part * count > rest:
            continue
        if (made[-1] * (count - 1)) < rest - part:
            return None
        others = _parts(rest - part, count - 1, made)
        if others is not None:
            return (part, *others)
    return None

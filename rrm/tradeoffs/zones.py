"""Which limits are still worth asking, as boxes of a grid."""

from dataclasses import dataclass, field

Corner = tuple[int, ...]


@dataclass
class Zones:
    """Boxes ``low < index <= high`` of limits that may hide points [1]_.

    Limits of each axis are numbered from the tightest, 0, so a limit holds for all
    values of its own number or less. Without axes there is one box, of no dimension.

    References
    ----------
    .. [1] G. Kirlik, S. Sayin, "A new algorithm for generating all nondominated
       solutions of multiobjective discrete optimization problems", EJOR 232(3), 2014.
       https://doi.org/10.1016/j.ejor.2013.08.001
    """

    lengths: Corner
    boxes: list[tuple[Corner, Corner]] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with all."""
        self.boxes = [((-1,) * len(self.lengths), tuple(n - 1 for n in self.lengths))]

    def first(self) -> Corner:
        """Loosest limits of all."""
        return tuple(n - 1 for n in self.lengths)

    def following(self) -> Corner | None:
        """Limits to ask next, amid the largest box; None if none is left."""
        if not self.boxes:
            return None
        low, high = max(self.boxes, key=_size)
        return tuple((a + b + 1) // 2 for a, b in zip(low, high, strict=True))

    def answered(self, limits: Corner, found: Corner | None) -> None:
        """No point is better than the answer, at ``found``, within ``limits``.

        It settles every limit from ``found`` to ``limits``, and where there is no
        answer every limit up to ``limits``.
        """
        floor = (-1,) * len(limits) if found is None else tuple(k - 1 for k in found)
        for axis, cut in enumerate(limits):
            self._split(axis, cut)
            self._split(axis, floor[axis])
        self.boxes = [
            (low, high)
            for low, high in self.boxes
            if not (_covers(low, floor) and _covers(limits, high))
        ]

    def _split(self, axis: int, cut: int) -> None:
        parts = []
        for low, high in self.boxes:
            if not low[axis] < cut < high[axis]:
                parts.append((low, high))
                continue
            middle_high = (*high[:axis], cut, *high[axis + 1 :])
            middle_low = (*low[:axis], cut, *low[axis + 1 :])
            parts += [(low, middle_high), (middle_low, high)]
        self.boxes = parts


def _size(box: tuple[Corner, Corner]) -> int:
    size = 1
    for low, high in zip(*box, strict=True):
        size *= high - low
    return size


def _covers(upper: Corner, lower: Corner) -> bool:
    return all(a >= b for a, b in zip(upper, lower, strict=True))

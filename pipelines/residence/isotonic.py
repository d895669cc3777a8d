"""Numbers put in order: the nearest numbers that never fall, or never rise, by weighted least squares.

scipy has this too, but loading ``scipy.optimize`` for it takes every night a quarter of a processor second.
"""

import numpy as np

from pipelines.residence.reading import Floats


class _Pool:
    """Neighbours that were out of order and now share their mean."""

    __slots__ = ("count", "mean", "total", "weight")

    def __init__(self, mean: float, weight: float) -> None:
        self.mean, self.weight, self.total, self.count = mean, weight, weight * mean, 1

    def take(self, other: "_Pool") -> None:
        self.total += other.weight * other.mean
        self.weight += other.weight
        self.count += other.count
        self.mean = self.total / self.weight


def rising(numbers: Floats, weights: Floats) -> Floats:
    """The numbers nearest to ``numbers`` of which none is less than the one before. ``weights``: greater than 0.

    Pools adjacent violators in the order of Busing 2022 (Journal of Statistical Software, code snippets 102:1), as scipy does:
    the result is the same to the last bit.
    """
    pools: list[_Pool] = []
    ahead = [_Pool(*each) for each in zip(numbers.tolist(), weights.tolist(), strict=True)][::-1]
    while ahead:
        pool = ahead.pop()
        if pools and pools[-1].mean >= pool.mean:
            pool.take(pools.pop())
            while ahead and ahead[-1].mean <= pool.mean:
                pool.take(ahead.pop())
            while pools and pools[-1].mean >= pool.mean:
                pool.take(pools.pop())
        pools.append(pool)
    return np.repeat([pool.mean for pool in pools], [pool.count for pool in pools])


def falling(numbers: Floats, weights: Floats) -> Floats:
    """The numbers nearest to ``numbers`` of which none is greater than the one before. ``weights``: greater than 0."""
    return rising(numbers[::-1], weights[::-1])[::-1]

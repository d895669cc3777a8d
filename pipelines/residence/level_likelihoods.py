"""How likely each level of a reading is, here and by departure: what each round of the mixture learns of the readings."""

import numpy as np

from pipelines.residence.departures import entry_states_by_departure, fading
from pipelines.residence.reading import HERE, Floats, Reading


def gone_by_departure(reading: Reading, ways: Floats) -> Floats:
    """Likelihood of each level by departure (rows), with these shares of the ways."""
    if reading.is_alike:
        return _alike(reading, reading.here / reading.here.sum(), reading.gone[0, 0] / reading.gone[0, 0].sum())
    return np.asarray(np.tensordot(ways, reading.gone, 1) if len(ways) > 1 else reading.gone[0], dtype=np.float64)


def shares_of_ways(readings: list[Reading], before: tuple[Floats, ...], by_level: list[Floats]) -> tuple[Floats, ...]:
    """For each reading: the share of each way among the children gone; the same for all readings of one habit.

    ``before``: the shares of the last round. ``by_level``: number of children of each reading, by part and level.
    """
    found: dict[str, Floats] = {}
    for reading, ways, parts in zip(readings, before, by_level, strict=True):
        if len(ways) > 1:
            likely = ways[:, None, None] * reading.gone
            came = (likely * (parts[1:] / likely.sum(axis=0))).sum(axis=(1, 2))
            found[reading.habit] = found.get(reading.habit, reading.ways) + came
    return tuple(
        np.asarray(found[reading.habit] / found[reading.habit].sum()) if len(ways) > 1 else ways
        for reading, ways in zip(readings, before, strict=True)
    )


def levels_by_part(reading: Reading, ways: Floats, parts: Floats) -> Floats:
    """Likelihood of each level in each part (rows), from the number of children in each."""
    if not reading.learns_here:
        return np.vstack([reading.here, gone_by_departure(reading, ways)])
    here = reading.here + parts[HERE]
    if reading.is_alike:
        gone = reading.gone[0, 0] + (1.0 - reading.unaware) @ parts[1:]
        here, gone = here / here.sum(), gone / gone.sum()
        if reading.is_presence:
            return np.vstack([here, _alike(reading, here, entry_states_by_departure(here, gone, parts[1:]))])
        return np.vstack([here, _alike(reading, here, _never_for_having_left(here, gone))])
    if reading.fades_over is not None:
        ordered = reading.fades_over > 0.0
        here[ordered] = fading(here[ordered], reading.fades_over[ordered])
    return np.vstack([here / here.sum(), gone_by_departure(reading, ways)])


def _alike(reading: Reading, here: Floats, gone: Floats) -> Floats:
    """Likelihood of each level by departure (rows): ``gone``, but ``here`` for those whose leaving the extract cannot know
    of."""
    unaware = reading.unaware[:, None]
    return np.asarray(unaware * here + (1.0 - unaware) * gone, dtype=np.float64)


def _never_for_having_left(here: Floats, gone: Floats) -> Floats:
    """``gone``, with level 1 (an open record, a known brother) made no likelier than among those here."""
    most = min(gone[1], here[1])
    rest = np.delete(gone, 1)
    return np.insert(rest * (1.0 - most) / rest.sum(), 1, most)

"""A logistic regression with a normal prior: what makes an answer likelier, learnt from few answers."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS, NEAR = 50, 1e-9
"""At most so many steps of Newton's method, until none moves anything by more than so much."""


def most_probable(x: Floats, yes: Floats, no: Floats, *, start: Floats, precision: Floats) -> tuple[Floats, Floats]:
    """The coefficients at the mode of the posterior, by Newton's method, and their covariance there (Laplace).

    ``x``: one row an answer, or a look shared by several. ``yes``, ``no``: the weight of either answer in each row. ``start``:
    the mean of each coefficient's prior; ``precision``: 1 by its variance; 0: nothing is known of it.
    """
    answers, prior, at = yes + no, np.diag(precision), start
    for _ in range(STEPS):
        share = 1 / (1 + np.exp(-x @ at))
        slope = x.T @ (yes - answers * share) - prior @ (at - start)
        curve = (x * (answers * (share * (1 - share)))[:, None]).T @ x + prior
        step = np.linalg.solve(curve, slope)
        at = at + step / max(1.0, float(np.abs(step).max()))  # a step of at most 1 cannot run away
        if np.abs(step).max() < NEAR:
            break
    return at, np.asarray(np.linalg.inv(curve), dtype=np.float64)

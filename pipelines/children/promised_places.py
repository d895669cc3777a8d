"""School places that are promised and not taken back; the one definition for all who ask."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from pipelines.children.statement_dates import has_not_ended
from pipelines.formatted import in_small_letters

OFFERED, ACCEPTED, DEFERRED = "offered", "accepted", "deferred"
PROMISED = (OFFERED, ACCEPTED, DEFERRED)
"""The ways in which a place is promised, as ``what`` of a statement that begins when the place does. ``ACCEPTED`` is
settled."""

_NEGATED = rf"\b(?:no|not|never|without)\b[^,;:.]*?\b(?:{'|'.join(PROMISED)})\b"
_TAKEN_BACK = r"\b(?:withdrawn|lapsed|declined|cancelled)\b"


def promises_place(what: pl.Expr, ways: Sequence[str] = PROMISED) -> pl.Expr:
    """Whether ``what``, in lower case, says that a place is promised in one of these ways.

    "Offered, not accepted" is offered. A place not offered, or withdrawn since, is not promised at all.
    """
    is_promised = what.str.replace_all(_NEGATED, "").str.contains(rf"\b(?:{'|'.join(ways)})\b")
    return is_promised & ~what.str.contains(_TAKEN_BACK)


def promised_places(statements: pl.DataFrame, as_at: date, ways: Sequence[str] = PROMISED) -> pl.DataFrame:
    """The rows of ``statements`` (``STATEMENT``) that promise a place in one of these ways and had not ended before
    ``as_at``.

    A promise still counts on its last day. ``since_on`` may be past or to come; null: not given.
    """
    # First, so that only these texts are searched.
    concerns = statements.filter((pl.col("kind") == "concern") & has_not_ended(as_at))
    return concerns.filter(promises_place(in_small_letters(pl.col("what")), ways))

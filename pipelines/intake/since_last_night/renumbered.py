"""Rows that go on under another key: a system was replaced, or renumbered all its rows, but is about the same children.

The id of a child, what an officer found, what an analyst judged of its records and what the adoption team has withheld all
depend on the keys of rows. A child whom only one source knows would lose all of it in one night: it would leave the list
with "records gone" and come onto it as new, even if an officer had closed it. So a row that went and a row that came in its
place are taken for the same if, beyond doubt, they are about one child.

A key may also be given to another child: numbering starts from one again, or the key is handed on, swapped between twins,
or moved by a row. What was under it goes on under the key that its row has now, or else under a name that no row has, so
that nothing of one child is said of the other.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import product

import polars as pl

from data_contracts.contract import Contract
from pipelines.decisions.keys_tonight import key_now
from pipelines.intake.in_one_form.standardise import persons_of
from pipelines.intake.since_last_night.other_children import (
    all_but_key,
    in_plain_capitals,
    is_another_text,
    rows_of_another_child,
)
from pipelines.intake.since_last_night.vanished import SCHOOL_AGE_DAYS
from pipelines.record_ids import one_row_a_record
from pipelines.tables import RENUMBERED

CONTENT = "_content"
BEYOND_DOUBT = (
    (CONTENT,),
    ("nhs_number", "date_of_birth"),
    ("upn", "date_of_birth"),
    ("surname", "given_names", "date_of_birth", "postcode"),
)
"""What two rows of one source have in common if they are about one child; the first that holds counts. It is everything but
the key; a verified number; or all names, birth date and home (twins differ in their given names)."""

IN_FULL = ("surname", "forename", "date_of_birth", "postcode")
"""What two rows also have in common if a new system writes out middle names that the old one left out, or the other way
round. Only if no further row that went or came has the same: both of two twins may be called by the first of their names."""


def renumbered_after_tonight(
    kept: pl.DataFrame,
    before: Mapping[str, pl.DataFrame],
    tonight: Mapping[str, pl.DataFrame],
    contracts: Mapping[str, Contract],
    as_at: date,
    *,
    at: datetime,
    leads: pl.DataFrame,
) -> pl.DataFrame:
    """``RENUMBERED`` after tonight. ``at``: when the night began. ``leads``: ``LEAD`` of the night before.

    ``kept``: ``RENUMBERED`` of the night before. ``before``, ``tonight``: by source, rows as received that are no longer
    there, and those that are new; a changed row is in both. A key that is in use again means whoever it is given to now.
    """
    left = keys_left(before, tonight, contracts, as_at)
    back = keys_back(leads, _had_by_nobody(before, tonight), contracts, as_at)
    found = pl.concat([left, back.join(kept, on="record_id", how="anti")])
    reused_at = pl.when("is_given").then(pl.lit(at))
    fresh = found.select("record_id", "now_id", since_on=pl.lit(as_at), reused_at=reused_at).cast(RENUMBERED)
    in_use = pl.concat([kept["record_id"].clear(), *(rows["record_id"] for rows in tonight.values())])
    is_used_again = pl.col("reused_at").is_null() & pl.col("record_id").is_in(in_use.implode())
    went_on = kept.filter(pl.col("since_on") >= as_at - timedelta(days=SCHOOL_AGE_DAYS)).with_columns(
        key_now(pl.col("now_id"), fresh), reused_at=pl.when(is_used_again).then(at).otherwise("reused_at")
    )
    # If a child has its key back, nothing needs saying, unless another child had it in between.
    is_needed = (pl.col("record_id") != pl.col("now_id")) | (pl.col("reused_at") < at).fill_null(value=False)
    return pl.concat([went_on.filter(is_needed).cast(RENUMBERED), fresh]).sort(
        "record_id", "reused_at", nulls_last=True
    )


NOBODY_LEFT = pl.DataFrame(schema={"record_id": pl.String, "now_id": pl.String, "is_given": pl.Boolean})
"""What :func:`keys_left` gives where every row is under its key."""

_NO_DOUBT = pl.DataFrame(schema={"record_id": pl.String, "is_another": pl.Boolean})


def keys_left(
    before: Mapping[str, pl.DataFrame],
    tonight: Mapping[str, pl.DataFrame],
    contracts: Mapping[str, Contract],
    as_at: date,
) -> pl.DataFrame:
    """What is no longer under its key: ``record_id``, ``now_id`` (under which it goes on; a name that no row has, if it is
    gone) and ``is_given`` (its key was given to another child). ``before``, ``tonight``: as in
    :func:`renumbered_after_tonight`.

    A key has another child if its row shows so by itself, or if the row that has it now, or the one that had it, is beyond
    doubt under another key on one of the two nights.
    """
    both = [source for source in tonight if source in before]
    doubts = [rows_of_another_child(contracts[source], before[source], tonight[source]) for source in both]
    apart = {
        source: _gone_and_new(before[source], tonight[source], doubted["record_id"])
        for source, doubted in zip(both, doubts, strict=True)
    }
    pairs = _pairs({source: rows for source, rows in apart.items() if all(map(len, rows))}, contracts, as_at)
    moved = pairs.filter(pl.col("record_id") != pl.col("now_id"))
    ends = pl.concat([moved["record_id"], moved["now_id"]]).implode()
    is_itself = pl.col("record_id").is_in(pairs.filter(pl.col("record_id") == pl.col("now_id"))["now_id"].implode())
    is_another = pl.col("is_another") | pl.col("record_id").is_in(ends)
    given = pl.concat([_NO_DOUBT, *doubts]).filter(~is_itself, is_another)["record_id"]
    nowhere = given.filter(~given.is_in(moved["record_id"].implode())).to_frame()
    gone = nowhere.with_columns(now_id=pl.col("record_id") + f" until {as_at}")
    return pl.concat([moved, gone]).with_columns(is_given=pl.col("record_id").is_in(given.implode()))


def _had_by_nobody(before: Mapping[str, pl.DataFrame], tonight: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {
        source: rows.join(before[source], on="record_id", how="anti") if source in before else rows
        for source, rows in tonight.items()
    }


def keys_back(
    leads: pl.DataFrame, tonight: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract], as_at: date
) -> pl.DataFrame:
    """Keys that nobody had last night, and that were another child's when that child was on the list: as :func:`keys_left`,
    all given.

    Nothing but the key is kept of a row that was gone for a night. But for a child that was on the list, the ledger has the
    name and the birth date. If both differ now, what an officer found of that child is not about this one. ``tonight``: by
    source, the rows whose keys nobody had.
    """
    last = one_row_a_record(leads.sort("last_listed_on"), *_NAMED)
    listed = last.unique("record_id", keep="last")
    asked = {source: rows.join(listed, on="record_id", how="semi") for source, rows in tonight.items()}
    person = persons_of({source: rows for source, rows in asked.items() if rows.height}, contracts, as_at=as_at)
    both = person.join(listed, on="record_id", how="inner", validate="1:1", suffix=" of the lead")
    now, then = (in_plain_capitals(pl.col(name)) for name in ("forename", "forename of the lead"))
    is_named_otherwise = is_another_text(now, then)
    given = both.filter(is_named_otherwise, pl.col("date_of_birth") != pl.col("date_of_birth of the lead"))["record_id"]
    return given.to_frame().with_columns(now_id=pl.col("record_id") + f" until {as_at}", is_given=pl.lit(value=True))


_NAMED = ("forename", "date_of_birth")


def _gone_and_new(before: pl.DataFrame, tonight: pl.DataFrame, doubts: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows whose keys are gone, and those whose keys are new. Rows that may have come again as another child are in
    both."""
    stay = ~pl.col("record_id").is_in(doubts.implode())
    return (
        before.join(tonight.filter(stay), on="record_id", how="anti", maintain_order="left"),
        tonight.join(before.filter(stay), on="record_id", how="anti", maintain_order="left"),
    )


def _pairs(
    apart: Mapping[str, tuple[pl.DataFrame, pl.DataFrame]], contracts: Mapping[str, Contract], as_at: date
) -> pl.DataFrame:
    """``record_id`` and ``now_id``: which row goes on as which. A row that may be the same under the same key is taken
    to be; of several rows alike, the first goes on as the first, the next as the next. What is left may go on under fuller
    names (:data:`IN_FULL`).

    ``apart``: by source, the rows that are no longer under their keys, and those that are new under theirs.
    """
    was, now = _persons_about(apart, contracts, as_at)
    pairs = [was.select("record_id", now_id="record_id").clear()]
    for own, columns in product((True, False), BEYOND_DOUBT):
        same = ["dataset", *columns]
        keys = ["record_id", *same] if own else [*same, "_place"]
        same_rows = _numbered(was, same).join(
            _numbered(now, same), on=keys, suffix="_now", validate="1:1", coalesce=False
        )
        pairs.append(same_rows.select("record_id", now_id="record_id_now"))
        was = was.join(same_rows, on="record_id", how="anti")
        now = now.join(same_rows, left_on="record_id", right_on="record_id_now", how="anti")
    return pl.concat([*pairs, _in_full(was, now)])


def _in_full(was: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """``record_id`` and ``now_id`` of rows under other keys whose given names are the beginning of the other's."""
    same = ["dataset", *IN_FULL]
    one, other = (
        rows.drop_nulls([*same, "given_names"])
        .filter(pl.struct(same).is_unique())
        .select("record_id", "given_names", *same)
        for rows in (was, now)
    )
    both = one.join(other, on=same, suffix="_now", validate="1:1").filter(
        pl.col("record_id") != pl.col("record_id_now")
    )
    shorter, longer = pl.col("given_names"), pl.col("given_names_now")
    is_beginning = longer.str.starts_with(shorter) | shorter.str.starts_with(longer)
    return both.filter(is_beginning).select("record_id", now_id="record_id_now")


_WENT, _CAME = " went", " came"


def _persons_about(
    apart: Mapping[str, tuple[pl.DataFrame, pl.DataFrame]], contracts: Mapping[str, Contract], as_at: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The child that each row is about that went, and each that came: in canonical form, with :data:`CONTENT`."""
    rows, contents = dict[str, pl.DataFrame](), [pl.DataFrame(schema={"record_id": pl.String, CONTENT: pl.UInt64})]
    for source, both in apart.items():
        content = all_but_key(contracts[source], *both).alias(CONTENT)
        # Both are read at once, which halves the time. A key may be in both.
        own = [
            each.with_columns(content, record_id=pl.col("record_id") + side)
            for each, side in zip(both, (_WENT, _CAME), strict=True)
        ]
        contents += [each.select("record_id", CONTENT) for each in own]
        rows[source] = pl.concat(own, how="diagonal")
    person = persons_of(rows, contracts, as_at=as_at)
    known = person.join(pl.concat(contents), on="record_id", how="left", validate="1:1")
    return _of_side(known, _WENT), _of_side(known, _CAME)


def _of_side(known: pl.DataFrame, side: str) -> pl.DataFrame:
    own = known.filter(pl.col("record_id").str.ends_with(side))
    return own.with_columns(pl.col("record_id").str.strip_suffix(side)).sort("record_id")


def _numbered(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """``record_id`` and the columns, for rows that have all of them, with a number among rows that are alike."""
    whole = rows.select("record_id", *columns).drop_nulls().sort("record_id")
    return whole.with_columns(_place=pl.int_range(pl.len()).over(columns))

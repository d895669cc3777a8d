"""Columns of a source that say otherwise than all others of the same children: on a first night nothing else tells.

A column that was sorted without the others, or two that stand under each other's header, break no rule, and on the first
night there is no earlier one to hold them against (:mod:`pipelines.intake.other_children`). But other sources know many of
the same children: two rows with the same surname, birth date and postcode are mostly one child's, and so have one
forename. Where they mostly have not, one of the two columns is wrong; it is the one that agrees with nobody.

Of the days on which something begins and ends the source itself tells: nothing ends before it has begun.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from data_contracts.contract import Contract

ENOUGH_CHILDREN = 30
"""Children that two sources have in common: of fewer a share says nothing."""

LEAST_AGREEING = 0.5
"""Of common children nine in ten and more agree in any one column; where not half do, it is no slip of single rows."""

ENOUGH_ENDED, LEAST_REVERSED = 20, 0.2
"""Of fewer entries that have ended a share says nothing. Where a day was mistyped here and there, one in twenty ends before it
has begun; where the ends stand in other rows than their own, nearly half do, or fewer where most begin early."""

LOOKED_AT = 20_000
"""So many records tell enough of all."""

HOME = "postcode"
TOLD: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "forename": lambda name: name.str.head(1),  # a short form is a forename too, and so is an initial
    "surname": lambda name: name.str.head(1),
    "date_of_birth": lambda day: day,
}
"""What says who a child is, and what of it is compared. Each is looked at where the two others, whole, and the home are the
same."""

SWAPPED = "swapped"


@dataclass(frozen=True)
class AtOdds:
    """A column of a source that agrees with no other source, or ``SWAPPED``: forename and surname are in each other's."""

    source: str
    column: str
    other: str
    """The source with which it has the most children in common."""
    children: int
    """Whom both have, by all that says who they are but this column."""
    agreeing: int
    """Of these."""


def columns_at_odds(person: pl.DataFrame) -> list[AtOdds]:
    """Columns of ``person`` (``PERSON_RECORD``) that agree with no other source where they should, source by source.

    Where only two sources have children in common nobody can tell which of them it is, and both are told.
    """
    some = _some_homes(person.select("record_id", "dataset", HOME, *TOLD).drop_nulls(HOME))
    found = [(column, _pairs(some, column)) for column in TOLD] + [(SWAPPED, _swapped(some))]
    return sorted((each for column, pairs in found for each in _alone(column, pairs)), key=lambda each: each.source)


def _some_homes(person: pl.DataFrame) -> pl.DataFrame:
    """About ``LOOKED_AT`` of the records: all of some postcodes, the same ones of the same records whatever their order."""
    of = 1 + person.height // LOOKED_AT
    return person if of == 1 else person.filter(pl.col(HOME).hash() % of == 0)


def _pairs(some: pl.DataFrame, column: str) -> pl.DataFrame:
    """One row is two sources: ``source``, ``other``, the ``children`` they have in common by all but ``column``, and of how
    many of them the column is the same (``agreeing``)."""
    same = [HOME, *(name for name in TOLD if name != column)]
    here, there = (TOLD[column](pl.col(name)) for name in (column, f"{column}_other"))
    return _in_common(some, same, same, here == there)


def _swapped(some: pl.DataFrame) -> pl.DataFrame:
    """As :func:`_pairs`: of the children whom two sources have by birth date, home and both names, in either order, those
    whose names are in the same."""
    names = ["forename", "surname"]
    straight = [HOME, "date_of_birth", *names]
    crossed = [HOME, "date_of_birth", *reversed(names)]
    apart = some.filter(pl.col("forename") != pl.col("surname"))
    as_they_are, turned = (_in_common(apart, straight, on, pl.lit(value=True)) for on in (straight, crossed))
    both = as_they_are.join(turned, on=["source", "other"], how="full", coalesce=True, validate="1:1", suffix="_turned")
    agreeing = pl.col("agreeing").fill_null(0)
    return both.select("source", "other", children=agreeing + pl.col("children_turned").fill_null(0), agreeing=agreeing)


def _in_common(some: pl.DataFrame, left_on: list[str], right_on: list[str], agrees: pl.Expr) -> pl.DataFrame:
    """Of each two sources the records of ``source`` that ``other`` has by these columns, and those of which it ``agrees``."""
    other = some.rename({name: f"{name}_other" for name in some.columns if name not in right_on})
    pairs = some.join(other, left_on=left_on, right_on=right_on, how="inner")
    told = pairs.filter(pl.col("dataset") != pl.col("dataset_other")).with_columns(agrees=agrees).drop_nulls("agrees")
    children = told.group_by("dataset", "dataset_other", "record_id").agg(pl.col("agrees").any())
    counted = children.group_by(source="dataset", other="dataset_other")
    return counted.agg(children=pl.len().cast(pl.Int64), agreeing=pl.col("agrees").sum().cast(pl.Int64))


def _alone(column: str, pairs: pl.DataFrame) -> Iterator[AtOdds]:
    """The sources whose column is at odds with every other source that has enough children in common with it.

    The one at odds with the most sources is told first, and no other source is held against it any more: one that shares
    children with it alone is not told with it.
    """
    enough = pairs.filter(pl.col("children") >= ENOUGH_CHILDREN)
    most_first = enough.sort("source", "children", "other", descending=[False, True, False])
    told = most_first.select("source", pl.lit(column), "other", "children", "agreeing")
    known = [AtOdds(*row) for row in told.iter_rows()]
    while alone := _most_alone(known):
        yield from alone
        gone = {odd.source for odd in alone}
        known = [odd for odd in known if not {odd.source, odd.other} & gone]


def _most_alone(known: list[AtOdds]) -> list[AtOdds]:
    """Of the sources that are at odds wherever they are known, the one with the most others, held against that with which it
    has most children in common; of two that have only each other, both; empty: there is none.
    """
    of: dict[str, list[AtOdds]] = {}
    for odd in known:
        of.setdefault(odd.source, []).append(odd)
    alone = [own for own in of.values() if all(odd.agreeing < LEAST_AGREEING * odd.children for odd in own)]
    most = max(map(len, alone), default=0)
    first = [own[0] for own in alone if len(own) == most]
    return first if most == 1 else first[:1]


@dataclass(frozen=True)
class Reversed:
    """What a source says of one kind, of which too much ends before it has begun."""

    source: str
    kind: str
    ended: int
    """Rows that say when it began and when it ended."""
    reversed: int
    """Of these, the ones that end first."""


def ends_before_begin(statement: pl.DataFrame, contracts: Mapping[str, Contract]) -> list[Reversed]:
    """Sources of which, by ``statement`` (``STATEMENT``), many a row ends before it has begun; of each what most rows say."""
    dated = pl.DataFrame(list(_begin_and_end(contracts)), schema=["source", "kind"], orient="row")
    said = statement.drop_nulls(["since_on", "until_on"]).join(dated, on=["source", "kind"], how="semi")
    row = said.group_by("source", "kind", "record_id").agg(reversed=(pl.col("until_on") < pl.col("since_on")).any())
    counted = row.group_by("source", "kind").agg(ended=pl.len(), reversed=pl.col("reversed").sum())
    many = counted.filter(pl.col("ended") >= ENOUGH_ENDED, pl.col("reversed") > LEAST_REVERSED * pl.col("ended"))
    most_first = many.sort("source", "ended", "kind", descending=[False, True, False])
    return [Reversed(*row) for row in most_first.unique("source", keep="first", maintain_order=True).iter_rows()]


def at_odds_in_words(
    person: pl.DataFrame, statement: pl.DataFrame, contracts: Mapping[str, Contract]
) -> tuple[str, ...]:
    """A sentence or two for each of :func:`columns_at_odds` and :func:`ends_before_begin`, for all that is published."""
    columns = (_in_words(each, contracts) for each in columns_at_odds(person))
    days = (_reversed_in_words(each, contracts) for each in ends_before_begin(statement, contracts))
    return (*columns, *days)


def _in_words(odd: AtOdds, contracts: Mapping[str, Contract]) -> str:
    contract, other = contracts[odd.source], contracts[odd.other].name
    told = f"{contract.name}: of {odd.children:,} children whom {other} has, too, by all else that says who they are, "
    if odd.column == SWAPPED:
        swapped = (
            f"{odd.children - odd.agreeing:,} have {_headers(contract, 'forename', 'surname')} in each other's place."
        )
        return f"{told}{swapped} Have the file sent again."
    return (
        f"{told}only {odd.agreeing:,} agree in {_headers(contract, odd.column)}. The column has probably shifted against the "
        "others, or was sorted without them: children are taken for other children, or for too young or too old for school. "
        "Have the file sent again."
    )


def _begin_and_end(contracts: Mapping[str, Contract]) -> dict[tuple[str, str], tuple[str, str]]:
    """Source and kind of statement -> how the source heads the columns with its first day and its last."""
    return {
        (source, said.kind): (contract.column_named[said.since].header, contract.column_named[said.until].header)
        for source, contract in contracts.items()
        for said in contract.says
        if said.since and said.until
    }


def _reversed_in_words(odd: Reversed, contracts: Mapping[str, Contract]) -> str:
    since, until = _begin_and_end(contracts)[odd.source, odd.kind]
    return (
        f"{contracts[odd.source].name}: of {odd.ended:,} rows with a {until}, {odd.reversed:,} have one before their {since}. "
        "One of the two columns has probably shifted against the others, or was sorted without them: what is still going on "
        "looks ended, and what has ended looks as if it is going on. Have the file sent again."
    )


def _headers(contract: Contract, *fields: str) -> str:
    """How the source heads what maps to these fields, or to the whole name."""
    named: dict[str | None, str] = {column.maps_to: column.header for column in contract.columns}
    headers = [named.get(field) or named.get("full_name") or field for field in fields]
    return " and ".join(dict.fromkeys(headers))

"""Columns of a source that disagree with all other sources about the same children: on a first night nothing else shows
them.

A column that was sorted without the others breaks no rule, nor do two columns under each other's header, and on the first
night there is no earlier one to compare with (:mod:`pipelines.intake.since_last_night.other_children`). But other sources know
many of the same children. Two rows with the same surname, birth date and postcode are mostly one child's, and so have the same
forename. If mostly they have not, one of the two columns is wrong: the one that agrees with no other source.

Days on which something begins and ends are compared within the source: nothing ends before it has begun.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from data_contracts.contract import Contract
from pipelines.intake.across_sources.birth_date_faults import birth_date_faults, without_birth_date_faults
from pipelines.intake.across_sources.grown_up_dates import GrownUpDates
from pipelines.intake.across_sources.misread_dates import TURNED, MisreadDates
from pipelines.intake.across_sources.name_order import surname_first_in_words
from pipelines.intake.across_sources.some_homes import some_homes
from pipelines.intake.across_sources.stand_in_days import StandInDay

ENOUGH_CHILDREN = 30
"""Fewest children that two sources must have in common: a share of fewer says nothing."""

LEAST_AGREEING = 0.5
"""Nine in ten or more common children agree in any one column. If fewer than half do, these are not slips in single rows."""

ENOUGH_ENDED, LEAST_REVERSED = 20, 0.2
"""Fewest ended entries, as a share of fewer says nothing; and the share of them that may end before they begin. If days are
mistyped here and there, it is one in twenty. If the ends are in other rows than their own, it is nearly half, or less if
most begin early."""

HOME = "postcode"
WHO: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "forename": lambda name: name.str.head(1),  # a short form is a forename too, and so is an initial
    "surname": lambda name: name.str.head(1),
    "date_of_birth": lambda day: day,
}
"""What says who a child is -> the part of it that is compared. Each column is looked at where the two others, in full, and
the home are the same."""

SWAPPED = "swapped"


@dataclass(frozen=True)
class AtOdds:
    """A column of a source that agrees with no other source; or ``SWAPPED``: forename and surname are in each other's
    column."""

    source: str
    column: str
    other: str
    """The source with which it has most children in common."""
    children: int
    """Children whom both have, by all that says who they are except this column."""
    agreeing: int
    """How many of these agree in the column."""


def columns_at_odds(person: pl.DataFrame) -> list[AtOdds]:
    """Columns of ``person`` (``PERSON_RECORD``) that agree with no other source where they should, by source.

    If only two sources have children in common, nobody can tell which of them is wrong, and both are returned.
    """
    some = some_homes(person.select("record_id", "dataset", HOME, *WHO).drop_nulls(HOME))
    found = [(column, _pairs(some, column)) for column in WHO] + [(SWAPPED, _swapped(some))]
    return sorted(
        (each for column, pairs in found for each in _at_odds_with_all(column, pairs)), key=lambda each: each.source
    )


def _pairs(some: pl.DataFrame, column: str) -> pl.DataFrame:
    """One row is one pair of sources: ``source``, ``other``, the ``children`` whom they have in common by all but
    ``column``, and for how many of them the column is the same (``agreeing``)."""
    same = [HOME, *(name for name in WHO if name != column)]
    here, there = (WHO[column](pl.col(name)) for name in (column, f"{column}_other"))
    return _in_common(some, same, same, here == there)


def _swapped(some: pl.DataFrame) -> pl.DataFrame:
    """Like :func:`_pairs`: the children whom two sources have by birth date, home and both names in either order, and those
    whose names are in the same order."""
    names = ["forename", "surname"]
    straight = [HOME, "date_of_birth", *names]
    crossed = [HOME, "date_of_birth", *reversed(names)]
    apart = some.filter(pl.col("forename") != pl.col("surname"))
    as_they_are, turned = (_in_common(apart, straight, on, pl.lit(value=True)) for on in (straight, crossed))
    both = as_they_are.join(turned, on=["source", "other"], how="full", coalesce=True, validate="1:1", suffix="_turned")
    agreeing = pl.col("agreeing").fill_null(0)
    return both.select("source", "other", children=agreeing + pl.col("children_turned").fill_null(0), agreeing=agreeing)


def _in_common(some: pl.DataFrame, left_on: list[str], right_on: list[str], agrees: pl.Expr) -> pl.DataFrame:
    """For each pair of sources, the records of ``source`` that ``other`` has by these columns, and those for which it
    ``agrees``."""
    other = some.rename({name: f"{name}_other" for name in some.columns if name not in right_on})
    pairs = some.join(other, left_on=left_on, right_on=right_on, how="inner")
    of_two_sources = (
        pairs.filter(pl.col("dataset") != pl.col("dataset_other")).with_columns(agrees=agrees).drop_nulls("agrees")
    )
    children = of_two_sources.group_by("dataset", "dataset_other", "record_id").agg(pl.col("agrees").any())
    counted = children.group_by(source="dataset", other="dataset_other")
    return counted.agg(children=pl.len().cast(pl.Int64), agreeing=pl.col("agrees").sum().cast(pl.Int64))


def _at_odds_with_all(column: str, pairs: pl.DataFrame) -> Iterator[AtOdds]:
    """The sources whose column is at odds with every other source that has enough children in common with it.

    The source at odds with the most others comes first. After that no other source is compared with it: a source that
    shares children with it alone is not returned because of it.
    """
    enough = pairs.filter(pl.col("children") >= ENOUGH_CHILDREN)
    most_first = enough.sort("source", "children", "other", descending=[False, True, False])
    rows = most_first.select("source", pl.lit(column), "other", "children", "agreeing")
    known = [AtOdds(*row) for row in rows.iter_rows()]
    while alone := _most_alone(known):
        yield from alone
        gone = {odd.source for odd in alone}
        known = [odd for odd in known if not {odd.source, odd.other} & gone]


def _most_alone(known: list[AtOdds]) -> list[AtOdds]:
    """Of the sources that are at odds with every source that they are compared with, the one with the most others, with the
    source that it has most children in common with. If two have only each other, both; empty: there is none."""
    of: dict[str, list[AtOdds]] = {}
    for odd in known:
        of.setdefault(odd.source, []).append(odd)
    alone = [own for own in of.values() if all(odd.agreeing < LEAST_AGREEING * odd.children for odd in own)]
    most = max(map(len, alone), default=0)
    first = [own[0] for own in alone if len(own) == most]
    return first if most == 1 else first[:1]


@dataclass(frozen=True)
class Reversed:
    """What a source says of one kind, if too much of it ends before it has begun."""

    source: str
    kind: str
    ended: int
    """Rows that say when it began and when it ended."""
    reversed: int
    """How many of these end before they begin."""


def ends_before_begin(statement: pl.DataFrame, contracts: Mapping[str, Contract]) -> list[Reversed]:
    """Sources of which many rows of ``statement`` (``STATEMENT``) end before they begin; for each, the kind with most such
    dates."""
    dated = pl.DataFrame(list(_begin_and_end(contracts)), schema=["source", "kind"], orient="row")
    ended = statement.drop_nulls(["since_on", "until_on"]).join(dated, on=["source", "kind"], how="semi")
    row = ended.group_by("source", "kind", "record_id").agg(reversed=(pl.col("until_on") < pl.col("since_on")).any())
    counted = row.group_by("source", "kind").agg(ended=pl.len(), reversed=pl.col("reversed").sum())
    many = counted.filter(pl.col("ended") >= ENOUGH_ENDED, pl.col("reversed") > LEAST_REVERSED * pl.col("ended"))
    most_first = many.sort("source", "ended", "kind", descending=[False, True, False])
    return [Reversed(*row) for row in most_first.unique("source", keep="first", maintain_order=True).iter_rows()]


def at_odds_in_words(
    person: pl.DataFrame, statement: pl.DataFrame, contracts: Mapping[str, Contract]
) -> tuple[str, ...]:
    """A sentence or two for each source with the surname first, and each of :func:`birth_date_faults`, :func:`columns_at_odds`
    of what is left, and :func:`ends_before_begin`, for everything published."""
    faults = birth_date_faults(person)
    without_day = (_without_day_in_words(each, contracts) for each in faults.stand_in)
    grown_up = (_grown_up_in_words(each, contracts) for each in faults.grown_up)
    of_machine = groupby(faults.misread, key=lambda each: (each.source, each.fault == TURNED))
    births = (_misread_in_words(list(each), contracts) for _, each in of_machine)
    columns = (_in_words(each, contracts) for each in columns_at_odds(without_birth_date_faults(person, faults)))
    days = (_reversed_in_words(each, contracts) for each in ends_before_begin(statement, contracts))
    return (*surname_first_in_words(contracts), *without_day, *grown_up, *births, *columns, *days)


def _without_day_in_words(found: StandInDay, contracts: Mapping[str, Contract]) -> str:
    contract = contracts[found.source]
    same, read = ("day of the month", "month") if found.month is None else ("day and month", "year")
    return (
        f"{contract.name}: {found.on_it:,} of its {found.dates:,} birth dates have the same {same} in "
        f"{_headers(contract, 'date_of_birth')}, which stands for one not known or left out. Tonight the {read} alone is read "
        "of them. Have the file sent with whole birth dates."
    )


def _grown_up_in_words(found: GrownUpDates, contracts: Mapping[str, Contract]) -> str:
    contract = contracts[found.source]
    return (
        f"{contract.name}: of {found.children:,} children whom other sources have, too, by names and postcode, {found.wrong:,} "
        f"have a grown-up's date in {_headers(contract, 'date_of_birth')}. Tonight such dates of this source are left out. "
        "Have the file sent again with the children's own birth dates."
    )


def _misread_in_words(misread: list[MisreadDates], contracts: Mapping[str, Contract]) -> str:
    """What is found of one source: that its dates are a day early (in summer time, outside it or both) or turned."""
    contract, other, fault = contracts[misread[0].source], contracts[misread[0].other].name, misread[0].fault
    born = f"born {fault} " if len(misread) == 1 and fault != TURNED else ""
    children, wrong = (sum(getattr(each, name) for each in misread) for name in ("children", "misread"))
    header = _headers(contract, "date_of_birth")
    if fault == TURNED:
        known, why = ", and whose day of birth could be a month", "have day and month turned in"
        machine, read = "A spreadsheet has probably taken them for American dates", "with day and month turned back"
    else:
        known, why = "", "were born a day later by that source than by"
        machine, read = "A clock has probably moved the dates", "as the day after"
    return (
        f"{contract.name}: of {children:,} children {born}whom {other} has, too, by names and postcode{known}, {wrong:,} {why} "
        f"{header}. {machine}: tonight this source's dates of such children are read {read}. Have the file sent again, with "
        "the dates as they were entered."
    )


def _in_words(odd: AtOdds, contracts: Mapping[str, Contract]) -> str:
    contract, other = contracts[odd.source], contracts[odd.other].name
    known = f"{contract.name}: of {odd.children:,} children whom {other} has, too, by all else that says who they are, "
    if odd.column == SWAPPED:
        swapped = (
            f"{odd.children - odd.agreeing:,} have {_headers(contract, 'forename', 'surname')} in each other's place."
        )
        return f"{known}{swapped} Have the file sent again."
    return (
        f"{known}only {odd.agreeing:,} agree in {_headers(contract, odd.column)}. The column has probably shifted against the "
        "others, or was sorted without them: children are taken for other children, or for too young or too old for school. "
        "Have the file sent again."
    )


def _begin_and_end(contracts: Mapping[str, Contract]) -> dict[tuple[str, str], tuple[str, str]]:
    """Source and kind of statement -> the source's headers of the columns with its first and its last day."""
    return {
        (source, statement.kind): (
            contract.column_named[statement.since].header,
            contract.column_named[statement.until].header,
        )
        for source, contract in contracts.items()
        for statement in contract.says
        if statement.since and statement.until
    }


def _reversed_in_words(odd: Reversed, contracts: Mapping[str, Contract]) -> str:
    since, until = _begin_and_end(contracts)[odd.source, odd.kind]
    return (
        f"{contracts[odd.source].name}: of {odd.ended:,} rows with a {until}, {odd.reversed:,} have one before their {since}. "
        "One of the two columns has probably shifted against the others, or was sorted without them: what is still going on "
        "looks ended, and what has ended looks as if it is going on. Have the file sent again."
    )


def _headers(contract: Contract, *fields: str) -> str:
    """The source's headers of what maps to these fields, or to the whole name."""
    named: dict[str | None, str] = {column.maps_to: column.header for column in contract.columns}
    headers = [named.get(field) or named.get("full_name") or field for field in fields]
    return " and ".join(dict.fromkeys(headers))

"""Sources that write the surname first: in one cell without a comma, or in the forename's column and the forename in its own.

Nothing in a single row tells SMITH JOHN from JOHN SMITH. But other sources know the same children and have each name in its
own column. If a source has nearly all of them the other way round, and what it gives for forenames are hardly ever
forenames, all its names are read the other way. It is held from night to night, until the children say otherwise.
"""

from collections.abc import Collection, Iterator, Mapping

import polars as pl

from data_contracts.contract import Contract
from matching.canonical.names import listed_names
from pipelines.intake.across_sources.some_homes import some_homes

ENOUGH_CHILDREN = 30
"""Fewest children that two sources must have in common: a share of fewer says nothing."""

NEARLY_ALL = 0.8
"""Share of these whose names must stand the other way round. If fewer do, the list is mixed, and the others would become
wrong."""

_CHILD = ["postcode", "date_of_birth"]
_NAMES = ["forename", "middle_names", "surname", "surname_parts"]


def read_the_other_way(person: pl.DataFrame, surname_first: Collection[str]) -> list[str]:
    """The sources of ``person`` (``PERSON_RECORD``) whose names are to be read the other way than they were, by name.

    They are if more than half of the sources that have ``ENOUGH_CHILDREN`` in common with it have nearly all of these
    children the other way. Sources in which fewer forenames than surnames are names that are given as forenames are no
    witnesses; of any other source nothing is changed. ``surname_first``: the sources read so.
    """
    some = some_homes(
        person.select("record_id", "dataset", *_CHILD, *_NAMES).drop_nulls([*_CHILD, "forename", "surname"])
    )
    doubted = _without_forenames(some)
    asked = some.filter(pl.col("dataset").is_in(doubted))
    if asked.is_empty():
        return []
    witnesses = some.filter(~pl.col("dataset").is_in(doubted))
    both = _compared(asked, witnesses, surname_first)
    counted = both.group_by("dataset", "dataset_other").agg(
        children=pl.len(), turned=(pl.col("is_turned") & ~pl.col("is_straight")).sum()
    )
    enough = counted.filter(pl.col("children") >= ENOUGH_CHILDREN)
    says_so = pl.col("turned") >= NEARLY_ALL * pl.col("children")
    found = enough.group_by("dataset").agg(is_so=says_so.sum() * 2 > pl.len()).filter("is_so")
    return found["dataset"].sort().to_list()


def with_surname_first(contracts: Mapping[str, Contract], sources: Collection[str]) -> dict[str, Contract]:
    """``contracts``, those of ``sources`` with the surname first and no others."""
    return {
        source: contract.model_copy(update={"surname_first": source in sources})
        if contract.surname_first != (source in sources)
        else contract
        for source, contract in contracts.items()
    }


def surname_first_in_words(contracts: Mapping[str, Contract]) -> Iterator[str]:
    """A warning for each source whose names are read with the surname first."""
    for contract in contracts.values():
        if contract.surname_first:
            yield (
                f"{contract.name}: this source has surnames where forenames should be and forenames where surnames should be, "
                "as other sources show of the same children. Tonight all its names are read the other way round. Have the "
                "file sent with each name in its own column."
            )


def _without_forenames(some: pl.DataFrame) -> list[str]:
    """The sources in which fewer forenames than surnames are names that are given as forenames."""
    first_words = {"forename": some["forename"], "surname": some["surname_parts"].list.first()}
    is_given = {name: listed_names(words).is_not_null() for name, words in first_words.items()}
    counted = some.select("dataset", **is_given).group_by("dataset").agg(pl.col("forename", "surname").sum())
    return counted.filter(pl.col("forename") < pl.col("surname"))["dataset"].sort().to_list()


def _compared(asked: pl.DataFrame, witnesses: pl.DataFrame, surname_first: Collection[str]) -> pl.DataFrame:
    """One row is one record of ``asked`` whose child a witness has by home, birth date and names, in whichever order:
    ``record_id``, ``dataset``, ``dataset_other``, ``is_straight``, ``is_turned``."""
    other = witnesses.rename({name: f"{name}_other" for name in ("record_id", "dataset", *_NAMES)})
    pairs = asked.join(other, on=_CHILD, how="inner")
    straight = (pl.col("forename") == pl.col("forename_other")) & (pl.col("surname") == pl.col("surname_other"))
    middle = pl.col("middle_names").str.split(" ")
    # Smith John Paul was read as the forenames Smith John and the surname Paul; in columns John Paul is the surname.
    as_given = (pl.col("forename_other") == middle.list.first()) | pl.col("surname").str.starts_with(
        pl.col("forename_other")
    )
    turned = (pl.col("forename") == pl.col("surname_other")) & as_given.fill_null(value=False)
    # Read with the surname first, John Paul Smith became the surname John and the forenames Paul Smith.
    as_surname = (pl.col("surname_other") == middle.list.last()) | (pl.col("surname_other") == pl.col("forename"))
    turned_back = (pl.col("surname") == pl.col("forename_other")) & as_surname.fill_null(value=False)
    is_turned = pl.when(pl.col("dataset").is_in(list(surname_first))).then(turned_back).otherwise(turned)
    known = pairs.select("record_id", "dataset", "dataset_other", is_straight=straight, is_turned=is_turned)
    by_record = known.group_by("record_id", "dataset", "dataset_other").agg(pl.col("is_straight", "is_turned").any())
    return by_record.filter(pl.col("is_straight") | pl.col("is_turned"))

"""A child's facts, chosen from the records that make up the child: birth date, age, name, sex, address, protection.

Sources disagree. Each fact is chosen by a rule simple enough to be said aloud, and how far the records support it is kept.
A *proving* source is one whose rows prove an education in tonight's statements (a roll, a register). Its records are kept
from papers, so it decides a tied vote.
"""

from datetime import date

import polars as pl

from pipelines.age import GROWN_UP, age_in_years, is_of_compulsory_school_age, share_of_year_of_age
from pipelines.children.members import is_first_of, join_by_child, members
from pipelines.record_ids import record_ids_by_child

AGREEMENT = 20.0
"""Each further source that gives a birth date makes the date this many times as likely, against one that it contradicts.

About one date in twenty to fifty is wrong in agencies' records, so two sources against one are near certain, and one
against one is even. A judgement of ours, not an estimate. It matters only for children whose dates lie on both sides of an
end of compulsory school age.
"""

DEFAULT_DATE = 0.25
"""Weight of 1 January in the vote: offices enter it for children who arrive without papers."""

PROTECTED_RIVAL = 0.1
"""From this probability of being the same child on, a rival's protection covers the child too: the strictest wins."""

UNKNOWN_AGE = 0.5
"""Likelihood that a child is of age, where no source that knows the child gives any birth date."""


def child_facts(
    person: pl.DataFrame, statements: pl.DataFrame, child_records: pl.DataFrame, as_at: date
) -> pl.DataFrame:
    """One row is one child of ``child_records``, in the order of ``child_id``.

    Columns of :func:`child_ages`, :func:`~pipelines.record_ids.record_ids_by_child` and :func:`described`, and ``restricted``
    (a record of the child is protected). ``statements``: of all records, so that every proving source is known. Raises
    :class:`polars.exceptions.ComputeError` where a record id is not unique.
    """
    person = person.join(child_records, on="record_id", how="semi")
    ages = child_ages(without_misdated_births(person, statements), statements, child_records, as_at)
    facts = join_by_child(ages, record_ids_by_child(child_records), described(person, statements, child_records, as_at))
    protected = protected_by_source(statements, child_records)
    return facts.with_columns(restricted=pl.col("child_id").is_in(protected.implode())).sort("child_id")


def without_misdated_births(person: pl.DataFrame, statements: pl.DataFrame) -> pl.DataFrame:
    """``person`` without birth dates that their own rows contradict (``misdated``). Linkage uses such a date, as most of it
    may be right, but nobody's age rests on it."""
    misdated = statements.filter(pl.col("kind") == "misdated")["record_id"].unique()
    if misdated.is_empty():
        return person
    is_misdated = pl.col("record_id").is_in(misdated.implode())
    return person.with_columns(pl.when(~is_misdated).then("date_of_birth").alias("date_of_birth"))


def child_ages(
    person: pl.DataFrame, statements: pl.DataFrame, child_records: pl.DataFrame, as_at: date
) -> pl.DataFrame:
    """One row is one child of ``child_records``, in no particular order.

    - ``date_of_birth``: null: no record has one. Where records give the month alone, its first day, which stands for any of it.
    - ``born_in``: the month (2014-03), or the year (2014), of birth where no record gives the day; else null.
    - ``of_age``: 0..1, that the child is of compulsory school age. 0 where no record gives a date and one calls the child a
      grown-up or unborn.
    - ``age``: whole years; null with the birth date, and in the month of birth where the day is not known.
    - ``dates_differ``: the records have dates on both sides of an end of compulsory school age.
    - ``birth_dates``: all dates the records give, if several; else null.

    Raises :class:`polars.exceptions.ComputeError` where a record id is not unique.
    """
    mine = members(child_records, person, "dataset", "date_of_birth", "born_in", "forename_shown", how="left")
    mine, born = _of_the_day(mine), pl.col("date_of_birth")
    given = mine.select("child_id", "date_of_birth").drop_nulls("date_of_birth")
    given = given.filter(is_first_of("child_id", "date_of_birth"))
    is_one_of_several = pl.col("child_id").is_duplicated()
    agreed = given.filter(~is_one_of_several).select(
        "child_id",
        "date_of_birth",
        of_age=is_of_compulsory_school_age(born, as_at).cast(pl.Float64),
        dates_differ=pl.lit(value=False),
    )
    asked = given.filter(is_one_of_several).select("child_id")
    voted = _voted(mine.join(asked, on="child_id", how="semi"), _proving(statements), as_at)
    without = mine.filter(born.is_null()).join(given, on="child_id", how="anti")
    is_no_pupil = pl.col("child_id").is_in(pl.concat([_grown_up(statements, without), _unborn(without)]).implode())
    undated = (
        join_by_child(without.select("child_id").unique(), _undated(without, mine, as_at), _of_year(without, as_at))
        .with_columns(of_age=pl.coalesce("of_age_by_year", "of_age", pl.lit(UNKNOWN_AGE)))
        .with_columns(of_age=pl.when(is_no_pupil).then(0.0).otherwise("of_age"))
        .drop("of_age_by_year")
    )
    ages = pl.concat([agreed, voted, undated], how="diagonal").join(_months(mine), on="child_id", how="left")
    is_birthday_unknown = pl.col("month").is_not_null() & (born.dt.month() == as_at.month)
    return ages.with_columns(
        pl.col("dates_differ").fill_null(value=False),
        age=pl.when(~is_birthday_unknown).then(age_in_years(born, as_at)),
        born_in=pl.when(pl.col("month").is_not_null()).then(born.dt.strftime("%Y-%m")).otherwise("born_in"),
    ).drop("month")


def without_first_of_month(children: pl.DataFrame) -> pl.DataFrame:
    """``children`` as people may read them: ``date_of_birth`` is null where the first day of a month stands for it."""
    return children.with_columns(date_of_birth=pl.when(pl.col("born_in").is_null()).then("date_of_birth"))


def _of_the_day(mine: pl.DataFrame) -> pl.DataFrame:
    """``mine`` without months and years of birth of children of whom any record gives the day."""
    if mine["born_in"].null_count() == mine.height:
        return mine
    has_day = (pl.col("date_of_birth").is_not_null() & pl.col("born_in").is_null()).any().over("child_id")
    is_kept = ~has_day | pl.col("born_in").is_null()
    return mine.with_columns(pl.when(is_kept).then(name).alias(name) for name in ("date_of_birth", "born_in"))


def _months(mine: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``month`` (true) of children whose birth date is the first day of a month that stands for it."""
    return mine.filter(pl.col("date_of_birth").is_not_null(), pl.col("born_in").is_not_null()).select(
        pl.col("child_id").unique(), month=pl.lit(value=True)
    )


def _of_year(without: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``child_id``, ``born_in`` and ``of_age_by_year`` of children of whose birth the year alone is known: the one that most
    records give, or the latest of these."""
    counted = without.drop_nulls("born_in").group_by("child_id", "born_in").len()
    chosen = counted.sort("child_id", "len", "born_in", descending=[False, True, True]).unique("child_id", keep="first")
    return chosen.select("child_id", "born_in", of_age_by_year=share_of_year_of_age(pl.col("born_in"), as_at))


def described(person: pl.DataFrame, statements: pl.DataFrame, child_records: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``forename``, ``surname``, ``sex``, ``address``, ``postcode`` (null: no record has it) by ``child_id``.

    ``person``: at least of these children. ``statements``: of all records, so that every proving source is known. Raises
    :class:`polars.exceptions.ComputeError` where a record id is not unique.
    """
    mine = members(
        child_records,
        person,
        "dataset",
        "sex",
        "forename_shown",
        "middle_names",
        "surname_shown",
        "address_shown",
        "postcode_shown",
    )
    mine = mine.with_columns(is_proving=pl.col("dataset").is_in(_proving(statements).implode()))
    own_statements = statements.join(mine.select("record_id"), on="record_id", how="semi")
    children = child_records.select(pl.col("child_id").unique())
    return join_by_child(children, _names(mine), _sexes(mine), _addresses(mine, own_statements, as_at))


def protected_by_source(statements: pl.DataFrame, child_records: pl.DataFrame) -> pl.Series:
    """child_id of every child whom a source marks as protected."""
    protections = statements.filter(pl.col("kind") == "protected").select("record_id").unique()
    return child_records.join(protections, on="record_id", how="semi")["child_id"].unique()


def may_be_protected(statements: pl.DataFrame, child_records: pl.DataFrame, rivals: pl.DataFrame) -> pl.Series:
    """child_id of every child whom a source marks as protected, and of every child who may well be the same child as one."""
    by_source = protected_by_source(statements, child_records)
    may_be = pl.col("probability") >= PROTECTED_RIVAL
    near = rivals.filter(may_be & pl.col("rival_child_id").is_in(by_source.implode()))
    return pl.concat([by_source, near["child_id"]]).unique()


def _proving(statements: pl.DataFrame) -> pl.Series:
    """Sources whose rows prove an education in these statements."""
    return statements.filter(pl.col("kind") == "provision")["source"].unique()


def _grown_up(statements: pl.DataFrame, mine: pl.DataFrame) -> pl.Series:
    """child_id of every child whom a record calls a grown-up."""
    grown_ups = statements.filter(pl.col("kind") == "grown_up").select("record_id").unique()
    return mine.join(grown_ups, on="record_id", how="semi")["child_id"].unique()


def _unborn(mine: pl.DataFrame) -> pl.Series:
    """child_id of every child whom a record names "Unborn". Social care plans for a child before birth; the row gives the
    day expected, if any, which is still to come and so no birth date."""
    return mine.filter(pl.col("forename_shown").str.contains(r"(?i)^unborn\b"))["child_id"].unique()


def _voted(mine: pl.DataFrame, proving: pl.Series, as_at: date) -> pl.DataFrame:
    """Birth date by vote, and the share of the vote that makes the child of age."""
    share = AGREEMENT ** (pl.col("support") - pl.col("support").max())
    return (
        _votes(mine, proving, as_at)
        .group_by("child_id", maintain_order=True)
        .agg(
            date_of_birth=pl.col("date_of_birth").first(),
            of_age=((share * pl.col("is_of_age")).sum() / share.sum()).clip(0.0, 1.0),
            dates_differ=pl.col("is_of_age").n_unique() > 1,
            birth_dates=pl.col("date_of_birth").sort(),
        )
    )


def _votes(mine: pl.DataFrame, proving: pl.Series, as_at: date) -> pl.DataFrame:
    """One row is one birth date of a child, the likeliest of each child first.

    A source has one vote for each date it gives, weighted by the record's membership. A grown-up's date is never chosen
    where there is a child's date. Ties go to a proving source, then to a date of compulsory school age, then to the later
    date.
    """
    born = pl.col("date_of_birth")
    is_default = (born.dt.month() == 1) & (born.dt.day() == 1) & pl.col("born_in").is_null()
    votes = (
        mine.drop_nulls("date_of_birth")
        .group_by("child_id", "date_of_birth", "dataset")
        .agg(pl.col("membership").max(), pl.col("born_in").max())
        .sort("child_id", "date_of_birth", "dataset")
        .with_columns(is_proving=pl.col("dataset").is_in(proving.implode()))
        .group_by("child_id", "date_of_birth", maintain_order=True)
        .agg(pl.col("is_proving").any(), support=pl.col("membership").sum(), born_in=pl.col("born_in").max())
        .with_columns(
            support=(pl.col("support") * pl.when(is_default).then(DEFAULT_DATE).otherwise(1.0)).round(6),
            is_childs=age_in_years(born, as_at) < GROWN_UP,
            is_of_age=is_of_compulsory_school_age(born, as_at),
        )
    )
    likeliest = ("is_childs", "support", "is_proving", "is_of_age", "date_of_birth")
    return votes.sort("child_id", *likeliest, descending=[False, *(True for _ in likeliest)])


def _undated(without: pl.DataFrame, mine: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """Children ``without`` any birth date: as likely of age as children to whom the same sources give a date."""
    is_of_age = is_of_compulsory_school_age(pl.col("date_of_birth"), as_at)
    rates = mine.group_by("dataset").agg(of_age=is_of_age.mean())
    known = without.select("child_id", "dataset").unique()
    return mean_over_sources(known.join(rates, on="dataset", how="left", validate="m:1"))


def mean_over_sources(rated: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``of_age``: the mean of the rates of the sources that know the child; no row where none has a rate.

    ``rated``: one row is one source that knows a child; ``child_id``, ``dataset``, ``of_age`` (0 to 1, null: no rate).
    """
    in_order = rated.sort("child_id", "dataset").group_by("child_id", maintain_order=True)
    return in_order.agg(pl.col("of_age").mean()).drop_nulls("of_age")


def _names(mine: pl.DataFrame) -> pl.DataFrame:
    """Name from one record: first one with forename and surname, then one without lost letters (NGUY?N), then a proving
    source's, then the longest."""
    written = pl.concat_str("forename_shown", "middle_names", "surname_shown", ignore_nulls=True)
    shown = mine.with_columns(
        is_whole=pl.col("forename_shown").is_not_null() & pl.col("surname_shown").is_not_null(),
        is_legible=~written.str.contains("?", literal=True),
        letters=written.str.len_chars(),
    ).sort(
        "child_id",
        "is_whole",
        "is_legible",
        "is_proving",
        "letters",
        "record_id",
        descending=[False, True, True, True, True, False],
    )
    return shown.group_by("child_id", maintain_order=True).agg(
        forename=pl.col("forename_shown").drop_nulls().first(), surname=pl.col("surname_shown").drop_nulls().first()
    )


def _sexes(mine: pl.DataFrame) -> pl.DataFrame:
    """Sex that most sources give; ties go to a proving source."""
    votes = (
        mine.drop_nulls("sex")
        .group_by("child_id", "sex")
        .agg(sources=pl.col("dataset").n_unique(), is_proving=pl.col("is_proving").any())
        .sort("child_id", "sources", "is_proving", "sex", descending=[False, True, True, False])
    )
    return votes.group_by("child_id", maintain_order=True).agg(pl.col("sex").first())


def _addresses(mine: pl.DataFrame, statements: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """Address of the record whose statements are latest. Records of a stay that has ended come last."""
    dated = statements.filter(pl.col("since_on") <= as_at).group_by("record_id").agg(latest_on=pl.col("since_on").max())
    moved_out = statements.filter((pl.col("kind") == "lives_here") & (pl.col("until_on") < as_at))
    placed = (
        mine.filter(pl.col("address_shown").is_not_null() | pl.col("postcode_shown").is_not_null())
        .join(dated, on="record_id", how="left", validate="m:1")
        .with_columns(
            has_moved_out=pl.col("record_id").is_in(moved_out["record_id"].unique().implode()),
            is_whole=pl.col("address_shown").is_not_null(),
        )
        .sort(
            "child_id",
            "has_moved_out",
            "is_whole",
            "latest_on",
            "record_id",
            descending=[False, False, True, True, False],
            nulls_last=True,
        )
    )
    return placed.group_by("child_id", maintain_order=True).agg(
        address=pl.col("address_shown").first(), postcode=pl.col("postcode_shown").first()
    )

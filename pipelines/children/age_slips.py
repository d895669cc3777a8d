"""How likely a child is of compulsory school age after all, where only one source gives a birth date, none does, or sources
differ.

A child on no roll whose only birth date has slipped (by a year, day and month exchanged, 1 January for want of papers)
looks of age and is not. Hardly any child of age is without a place, but most toddlers are, so slips in one date of five
hundred can fill a list. How often dates slip is learnt from tonight's children to whom several sources give a date. A
source that gives many pupils a wrong date says nothing of how often other sources' dates slip. Nobody is known before birth:
a child whom a source knew when no toddler of today was born is none of them, so all toddlers whose dates have slipped are
among those known since.
"""

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from pipelines.age import birth_dates_of_age, is_of_compulsory_school_age
from pipelines.children.exchanged_births import with_first_of_month
from pipelines.children.facts import child_ages, mean_over_sources, without_misdated_births
from pipelines.children.members import join_by_child, members, source_bits, sources_by_child
from pipelines.children.provision import entry_certainty
from pipelines.intake.across_sources.birth_date_faults import birth_date_faults, without_birth_date_faults

PRIOR_SLIPS, PRIOR_DATES = 1.0, 500.0
"""Prior: one date in five hundred makes a child of another age look of age."""

MOST_WRONG = 0.1
"""If more than this share of the dates that a source gives pupils makes them too young or too old, its column has slipped."""

MOST_SLIPPED = 0.9
"""However many slips are expected, no child's date is taken to be one with more than this probability."""


MOST_YEARS = 10
"""A slip makes nobody more years younger than that: one digit of the decade is wrong at most."""

PRIOR_BLANKS, PRIOR_RECORDS = 1.0, 50.0
"""Prior: one record in fifty has no birth date."""

UNLINKED, FEW_UNDATED = 2.0, 10.0
"""For each child whose record without a birth date is linked, another's is not. Up to so many people without any date are
children, in any list."""

MOST_BEFORE_BIRTH = 0.02
"""If more than this share of a source's records begin before the child's birth, they begin with something else (a tenancy)."""


@dataclass(frozen=True)
class BirthDates:
    """What tonight's birth dates say about who is of compulsory school age, before residence is considered."""

    facts: pl.DataFrame
    """As from :mod:`pipelines.children.facts`, with ``is_placed``: the child certainly has a place."""
    without_place: pl.DataFrame
    """One row is one source that gives a child without a place a birth date: ``child_id``, ``dataset``, ``is_of_age``,
    ``is_young`` (not yet of age), ``is_grown`` (no longer, for MOST_YEARS at most), ``known_before``: the source knew the
    child when nobody now too young was born, and ``known_long_before``: when nobody now of age was."""
    rates: pl.DataFrame
    """``dataset``, ``young``, ``grown``: share of its dates of toddlers, and of grown-ups, that make them of age."""
    undated: pl.DataFrame
    """One row is one source that knows a child without any birth date: ``child_id``, ``dataset``, and
    ``known_before`` and ``known_long_before`` as in ``without_place``."""
    blanks: pl.DataFrame
    """``dataset``, ``blank``: share of its records of pupils that have no birth date, of each list of households."""
    sources: pl.DataFrame
    """``child_id``, ``sources``: which sources know each child concerned, one bit for each source."""


def birth_date_evidence(
    person: pl.DataFrame,
    by_age: pl.DataFrame,
    statements: pl.DataFrame,
    child_records: pl.DataFrame,
    provision: pl.DataFrame,
    *,
    as_at: date,
) -> BirthDates:
    """What the birth dates say about who is of compulsory school age. ``by_age``: ``person`` as ages are judged by it
    (:func:`~pipelines.children.exchanged_births.records_by_age`)."""
    dated = without_misdated_births(by_age, statements)
    ages = child_ages(dated, statements, child_records, as_at)
    found = birth_dates(ages, dated, statements, child_records, provision, as_at=as_at)
    # Faults of whole lists are told of once, with the file.
    as_read = with_first_of_month(without_birth_date_faults(person, birth_date_faults(person)))
    is_exchanged = by_age["date_of_birth"].ne_missing(as_read["date_of_birth"])
    theirs = child_records.join(person.filter(is_exchanged), on="record_id", how="semi")["child_id"].unique()
    put_right = pl.col("child_id").is_in(theirs.implode())
    return replace(found, facts=found.facts.with_columns(is_birth_put_right=put_right))


def birth_dates(
    facts: pl.DataFrame,
    person: pl.DataFrame,
    statements: pl.DataFrame,
    child_records: pl.DataFrame,
    provision: pl.DataFrame,
    *,
    as_at: date,
) -> BirthDates:
    """What the birth dates of ``facts`` (:mod:`pipelines.children.facts`) say, source by source. ``statements``: what
    the records say (``STATEMENT``), and since when.

    A place in doubt does not count here. If it did, a record that is hardly the child's would make it likelier that the
    child is of age by more than it makes it likelier that the child is at school.
    """
    sure = entry_certainty(doubtful=1.0) >= MOST_SLIPPED
    placed = provision.filter(pl.col("is_current") & sure)["child_id"].unique()
    facts = facts.with_columns(is_placed=pl.col("child_id").is_in(placed.implode()))
    is_surely_of_age = (pl.col("of_age") == 1.0) & ~pl.col("dates_differ")
    # Dates that all agree on a pupil's age reveal no slip.
    asked = facts.filter(~(pl.col("is_placed") & is_surely_of_age))
    records = members(child_records, person, "dataset", "date_of_birth", "household")
    theirs = records.join(asked, on="child_id", how="semi")
    begun = _begun(theirs, statements)
    dates = _dates(theirs, as_at, begun)
    without_place = dates.filter(~pl.col("child_id").is_in(placed.implode()))
    pupils = facts.filter("is_placed", pl.col("of_age") >= 0.5).select("child_id")
    of_pupils = records.join(pupils, on="child_id", how="semi")
    rates = _slip_rates(without_place, _dates(of_pupils, as_at, begun))
    undated = facts.filter(_is_undated()).select("child_id")
    known = _since_when(records.join(undated, on="child_id", how="semi"), begun, as_at)
    sources = sources_by_child(records, source_bits(person))
    return BirthDates(facts, without_place, rates, known, _blanks(of_pupils), sources)


def with_age_slips(born: BirthDates, residence: pl.DataFrame) -> pl.DataFrame:
    """The facts of ``born``, with ``of_age`` allowing for slips in the birth dates of children without a place.

    - A date that only one source gives and that makes the child of age: less the expected share of slips among such dates.
    - No date at all, nor a month or year: as likely as the dated children without a place whom the same sources know, apart
      for those known before any toddler of today was born. In a list of households that leaves the date of more people empty
      than of pupils, most of these are tenants. A child already taken not to be of age (a grown-up, an unborn child) stays so.
    - Dates on both sides of an end of compulsory school age: their vote, weighed by how many children without a place,
      known to exactly the same sources, are of age and how many are not.
    - All other children stay as they are.

    Children are counted by how likely they live here (``residence``: ``child_id``, ``living_here``; no row: 1). Of children
    without a place who are of age most have gone; of the others few have. So among children who are here, a slipped date
    stands beside few true ones, however many true dates belong to children who have gone.
    """
    lives = residence.select("child_id", here="living_here")
    without_place = _with_here(born.without_place, lives)
    slipped = _slipped(without_place.filter(pl.len().over("child_id") == 1), born.rates)
    unplaced = born.undated.join(born.facts.filter(~pl.col("is_placed")), on="child_id", how="semi")
    undated = _undated(_with_here(unplaced, lives), without_place, born.blanks)
    differing = _differing(_with_here(born.facts.filter(~pl.col("is_placed")), lives), born.sources)
    return (
        join_by_child(born.facts, slipped, undated, differing)
        .with_columns(
            of_age=pl.when(pl.col("slipped").is_not_null() & (pl.col("of_age") > 0))
            .then(pl.col("of_age") * (1 - pl.col("slipped")))
            .when(_is_undated() & ~pl.col("is_placed") & (pl.col("of_age") > 0))
            .then(pl.coalesce("undated_of_age", "of_age"))
            .otherwise(pl.coalesce("differing_of_age", "of_age"))
        )
        .drop("is_placed", "slipped", "undated_of_age", "differing_of_age")
    )


def _is_undated() -> pl.Expr:
    """Whether no record says anything of the child's birth, not even the year."""
    return pl.col("date_of_birth").is_null() & pl.col("born_in").is_null()


def _with_here(children: pl.DataFrame, lives: pl.DataFrame) -> pl.DataFrame:
    beside = children.join(lives, on="child_id", how="left", validate="m:1")
    return beside.with_columns(pl.col("here").fill_null(1.0))


def _number_here(is_meant: pl.Expr) -> pl.Expr:
    """Number of those selected who live here."""
    return pl.col("here").filter(is_meant).sum().round(9)


def _begun(records: pl.DataFrame, statements: pl.DataFrame) -> pl.DataFrame:
    """``record_id`` and ``begun_on``, since when the record says anything, of the sources whose records do not begin before
    their child's birth. ``records``: ``record_id``, ``dataset``, ``date_of_birth``."""
    said = statements.join(records, on="record_id", how="semi")
    first = said.group_by("record_id").agg(begun_on=pl.col("since_on").min()).drop_nulls()
    known = records.select("record_id", "dataset", "date_of_birth").join(
        first, on="record_id", how="inner", validate="1:1"
    )
    before = (pl.col("begun_on") < pl.col("date_of_birth")).mean().over("dataset")  # of those with a birth date
    return known.filter(before <= MOST_BEFORE_BIRTH).select("record_id", "begun_on")


def _dates(records: pl.DataFrame, as_at: date, begun: pl.DataFrame) -> pl.DataFrame:
    """One row is one source that gives one child a birth date, and whether any such date is of age; see
    :attr:`BirthDates.without_place`. ``begun``: from :func:`_begun`."""
    born, (first_of_age, last_of_age) = pl.col("date_of_birth"), birth_dates_of_age(as_at)
    oldest = first_of_age.replace(year=first_of_age.year - MOST_YEARS)
    return (
        records.drop_nulls("date_of_birth")
        .join(begun, on="record_id", how="left", validate="1:1")
        .group_by("child_id", "dataset")
        .agg(
            is_of_age=is_of_compulsory_school_age(born, as_at).any(),
            is_young=(born > last_of_age).all(),
            is_grown=born.is_between(oldest, first_of_age, closed="left").all(),
            **_known_since(as_at),
        )
    )


def _since_when(records: pl.DataFrame, begun: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``records`` as in :attr:`BirthDates.undated`. ``begun``: from :func:`_begun`."""
    beside = records.join(begun, on="record_id", how="left", validate="1:1")
    return beside.group_by("child_id", "dataset").agg(**_known_since(as_at))


def _known_since(as_at: date) -> dict[str, pl.Expr]:
    """``known_before`` and ``known_long_before``, by any of a source's records of a child."""
    first_of_age, last_of_age = birth_dates_of_age(as_at)
    days = {"known_before": pl.col("begun_on") <= last_of_age, "known_long_before": pl.col("begun_on") < first_of_age}
    return {name: known.fill_null(value=False).any() for name, known in days.items()}


def _slip_rates(dates: pl.DataFrame, pupils: pl.DataFrame) -> pl.DataFrame:
    """``dataset``, ``young`` and ``grown``: how often the source's date makes a child of age whom every other source makes too
    young, or too old: a slip.

    Of a source whose dates are often wrong for ``pupils``, who are of age by most sources, both are as often.
    """
    wrong = pupils.group_by("dataset").agg(rate=(~pl.col("is_of_age")).mean()).filter(pl.col("rate") > MOST_WRONG)
    trusted = dates.join(wrong, on="dataset", how="anti")
    of_age = pl.col("is_of_age").cast(pl.Int64).sum().over("child_id")
    is_other = of_age == pl.col("is_of_age").cast(pl.Int64)
    is_young = pl.col("is_young").any().over("child_id")
    compared = trusted.with_columns(is_young=is_young).filter(is_other & (pl.len().over("child_id") > 1))
    slips = {"young": pl.col("is_of_age") & ~pl.col("known_before"), "grown": pl.col("is_of_age")}
    own = compared.group_by("dataset").agg(
        ((slip & among).sum() + PRIOR_SLIPS).truediv(among.sum() + PRIOR_DATES).alias(kind)
        for (kind, slip), among in zip(slips.items(), (pl.col("is_young"), ~pl.col("is_young")), strict=True)
    )
    rates = trusted.select(pl.col("dataset").unique()).join(own, on="dataset", how="left", validate="1:1")
    usual = rates.with_columns(pl.col("young", "grown").fill_null(PRIOR_SLIPS / PRIOR_DATES))
    return pl.concat([usual, wrong.select("dataset", young="rate", grown="rate")])


def _slipped(lone: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """``slipped``: 0..1, that the only date of a child, which makes it of age, is a slip: the slips expected among such
    dates of its source, over their number; those of toddlers over the number of children not known before.

    ``rates``: from :func:`_slip_rates`.
    """
    of_age, young, known_before = pl.col("is_of_age"), pl.col("is_young"), pl.col("known_before")
    counted = lone.group_by("dataset").agg(
        dated=_number_here(of_age),
        new=_number_here(of_age & ~known_before),
        too_young=_number_here(~of_age & young),
        too_old=_number_here(~of_age & pl.col("is_grown")),
    )
    expected = counted.join(rates, on="dataset", how="left", validate="1:1").select(
        "dataset",
        is_young=pl.col("young") * pl.col("too_young") / (pl.col("new") + 1.0),
        is_grown=pl.col("grown") * pl.col("too_old") / (pl.col("dated") + 1.0),
    )
    slipped = pl.col("is_grown") + pl.when(known_before).then(0.0).otherwise("is_young")
    dated_once = (
        lone.filter(of_age).drop("is_young", "is_grown").join(expected, on="dataset", how="left", validate="m:1")
    )
    return dated_once.select("child_id", slipped=slipped.clip(0.0, MOST_SLIPPED))


def _blanks(of_pupils: pl.DataFrame) -> pl.DataFrame:
    """``BirthDates.blanks``, of the records of pupils."""
    is_of_households = pl.col("household").is_not_null().any().over("dataset")
    return (
        of_pupils.filter(is_of_households)
        .group_by("dataset")
        .agg(blank=(pl.col("date_of_birth").null_count() + PRIOR_BLANKS).truediv(pl.len() + PRIOR_RECORDS))
    )


def _undated(known: pl.DataFrame, without_place: pl.DataFrame, blanks: pl.DataFrame) -> pl.DataFrame:
    """``undated_of_age`` of children without any date: the share of age among children to whom the same sources give one, and
    who have been known for as long to any source, times how many of those without a date are children at all. One child at the
    share of the whole source is counted with these. ``blanks``: as in ``BirthDates``."""
    since = ["known_before", "known_long_before"]
    alike = ["dataset", *since]
    children = _share_of_children(known, without_place, blanks)
    known, without_place = (of.with_columns(pl.col(since).any().over("child_id")) for of in (known, without_place))
    counted = without_place.group_by(alike).agg(
        of_age=_number_here(pl.col("is_of_age")), all=_number_here(pl.lit(value=True))
    )
    # In order, as the last digit of a sum depends on it.
    in_order = counted.sort(alike).group_by("dataset", maintain_order=True)
    whole = in_order.agg(pl.col("of_age", "all").sum()).filter(pl.col("all") > 0)
    usual = whole.select("dataset", usual=pl.col("of_age") / pl.col("all"))
    beside = known.join(usual.join(children, on="dataset", how="left"), on="dataset", how="left", validate="m:1").join(
        counted, on=alike, how="left", validate="m:1"
    )
    of_age, number = pl.col("of_age").fill_null(0.0), pl.col("all").fill_null(0.0)
    share = (of_age + pl.col("usual")) / (number + 1.0)
    rated = beside.with_columns(of_age=share * pl.col("children").fill_null(1.0))
    likely = mean_over_sources(rated).rename({"of_age": "undated_of_age"})
    return likely.filter(pl.col("undated_of_age") > 0)  # with none of age, no child is dropped for want of a date


def _share_of_children(known: pl.DataFrame, without_place: pl.DataFrame, blanks: pl.DataFrame) -> pl.DataFrame:
    """``dataset``, ``children``: how many of the people without a place and without any date in a list of households are
    children, at most: as many beside those to whom it gives a date as it leaves dates of pupils empty, and as many again, whose
    records are not linked. The others are tenants. 1 where they are few."""
    dated = without_place.group_by("dataset").agg(dated=_number_here(pl.lit(value=True)))
    undated = known.group_by("dataset").agg(undated=_number_here(pl.lit(value=True)))
    counted = undated.join(dated, on="dataset", validate="1:1").join(blanks, on="dataset", validate="1:1")
    expected = UNLINKED * pl.col("dated") * pl.col("blank") / (1 - pl.col("blank"))
    share = (expected + FEW_UNDATED) / pl.col("undated").clip(lower_bound=FEW_UNDATED)
    return counted.select("dataset", children=share.clip(upper_bound=1.0))


def _differing(without_place: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """``differing_of_age`` of children whose dates lie on both sides: the odds of the vote, times the odds among all
    children known to exactly the same sources whose dates agree.

    A vote shows how often dates are wrong, but not how few children of age have no place.
    """
    known = without_place.drop_nulls("date_of_birth").join(sources, on="child_id", how="inner", validate="1:1")
    agreed = known.filter(~pl.col("dates_differ"))
    is_of_age = pl.col("of_age") > 0
    peers = agreed.group_by("sources").agg(of_age_peers=_number_here(is_of_age), other_peers=_number_here(~is_of_age))
    asked = known.filter("dates_differ").join(peers, on="sources", how="left", validate="m:1")
    of_age, other = (pl.col(name).fill_null(0) + 0.5 for name in ("of_age_peers", "other_peers"))
    vote = pl.col("of_age")
    return asked.select("child_id", differing_of_age=vote * of_age / (vote * of_age + (1 - vote) * other))

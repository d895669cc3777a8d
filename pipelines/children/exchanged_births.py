"""Birth dates that one source has exchanged between two children of a family, so that each stands in the other's row.

A clerk who enters a family at once, or moves a column of a sheet, may give a girl her brother's date and him hers. Then names
and dates say two things of the two, and whichever is believed, some of their records are taken for the other child's. Other
sources show it: the date that they give a child is the one that this source gives another child of the family.
"""

import polars as pl

from matching.canonical.keys import home_keys
from matching.canonical.names import skeleton_key, variant_groups
from pipelines.age import birth_date_by_age
from pipelines.intake.across_sources.birth_date_faults import birth_date_faults, without_birth_date_faults

LARGEST = 8
"""A home with more rows of one source is a hostel: what its rows have in common shows nothing."""

AGAIN, AGAIN_SHARE = 2, 0.01
"""Homes with two children of one name, and their share of the homes with this name, from which families give it again. One
such home may have one child with two UPNs."""

LEAST_APART_DAYS = 270
"""Children of one mother are born at least this far apart, unless they are twins. Slips of one birth date that are as large
keep day and month."""

BY_NAME, BY_HOME = "by_name", "by_home"
"""How a child is known in two sources: by both names, or by home and forename. Columns of hashes."""

PAIR, TURNED = ["row", "other_row"], ["other_row", "row"]


def records_by_age(person: pl.DataFrame) -> pl.DataFrame:
    """``person`` (``PERSON``) as ages are judged by it: with the birth dates of two rows exchanged where other sources surely
    show that theirs has exchanged them (:func:`records_linked_and_by_age`), and faults of whole lists read around. Where the
    month of birth alone is known, its first day stands for the birth date (``born_in`` tells)."""
    person = without_birth_date_faults(person, birth_date_faults(person))
    told = _told(person)
    return with_first_of_month(_put_right(person, told, _contradicted(person, told), surely=True))


def with_first_of_month(person: pl.DataFrame) -> pl.DataFrame:
    """``person`` with the first day of the month of birth where the day is not known: for ages, never for links."""
    return person.with_columns(date_of_birth=birth_date_by_age(pl.col("date_of_birth"), pl.col("born_in")))


def records_linked_and_by_age(identified: pl.DataFrame, person: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``identified`` as it is linked, and ``person`` as ages are judged by it: with the birth dates of two rows exchanged where
    other sources show that theirs has exchanged them. Both are ``PERSON`` of the same records, which differ in UPNs only.

    They show it of two rows of one source, of one home or of one surname that they have at one home, if they give either child
    the other row's date and neither its own. They also do if they know only one of the two, at the home of both. Names are
    compared by their sound. Nothing is shown if at one of these homes they give one of the dates to anybody else: then a name
    may be misspelt. Names that families give to several of their children show it only where both children are known.

    If only one other source speaks for both, either of the two may have exchanged the dates. Then those of the source with
    the smaller share of UPNs are exchanged for the linkage, as schools see birth certificates, and none for ages. A row that
    could be exchanged with two others stays as it is.

    Before that, faults of whole lists are read around (:mod:`pipelines.intake.across_sources.birth_date_faults`).
    """
    faults = birth_date_faults(person)
    identified, person = (without_birth_date_faults(each, faults) for each in (identified, person))
    told = _told(person)
    doubted = _contradicted(person, told)
    by_age = with_first_of_month(_put_right(person, told, doubted, surely=True))
    return _put_right(identified, told, doubted, surely=False), by_age


def _put_right(person: pl.DataFrame, told: pl.DataFrame, doubted: pl.DataFrame, *, surely: bool) -> pl.DataFrame:
    """``person`` with dates exchanged; with ``surely``, only where it is sure which source exchanged them. ``told``,
    ``doubted``: from :func:`_told` and :func:`_contradicted`."""
    both = _shown_of_both(doubted, None if surely else _share_of_upns(person))
    one = _shown_of_one(person, told, doubted)
    pairs = _of_two_children(pl.concat([both, one]).unique(PAIR), told)
    rows = pl.concat([pairs["row"], pairs["other_row"]])
    unclear = rows.filter(rows.is_duplicated()).implode()
    pairs = pairs.filter(~pl.any_horizontal(pl.col(PAIR).is_in(unclear)))
    at, dates = (pl.concat([pairs[mine], pairs[theirs]]) for mine, theirs in (PAIR, ("other_born", "born")))
    return person.with_columns(person["date_of_birth"].scatter(at, dates))


def _told(person: pl.DataFrame) -> pl.DataFrame:
    """One row is one record with names, a birth date and a home: ``row``, ``dataset``, ``home`` (a hash), ``forename``,
    ``first`` and ``last`` (the sounds of forename and surname), ``born``, ``BY_NAME`` and ``BY_HOME``."""
    home, _ = home_keys()
    row = pl.int_range(pl.len(), dtype=pl.UInt32).alias("row")
    told = person.select(row, "dataset", "forename", "surname", home=home.hash(), born="date_of_birth").drop_nulls()
    told = _with_sound(_with_sound(told, "forename", "first"), "surname", "last")
    return told.select("row", "dataset", "home", "forename", "last", "born", first=_sound_of_given()).with_columns(
        pl.struct("first", "last").hash().alias(BY_NAME), pl.struct("home", "first").hash().alias(BY_HOME)
    )


def _with_sound(named: pl.DataFrame, name: str, sound: str) -> pl.DataFrame:
    """``named`` with the sound of the names in one of its columns."""
    names = named[name].unique()
    sounds = pl.DataFrame({name: names, sound: skeleton_key(names)})
    return named.join(sounds, on=name, how="left", maintain_order="left")


def _sound_of_given() -> pl.Expr:
    """How a given name (``forename``, with its sound ``first``) begins and sounds. The sound of a short name is a single
    letter, which it has in common with many: such a name counts as it is written."""
    is_long = pl.col("first").str.len_chars() > 1
    return pl.when(is_long).then(pl.col("forename").str.head(1) + "|" + pl.col("first")).otherwise("forename")


def _given_names(person: pl.DataFrame, told: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """One row is one word of these name columns of one record of ``told``, with its columns; ``first`` is its sound as a given
    name. Whom one source calls by the first name another may call by the second."""
    words = pl.concat_str(*columns, separator=" ", ignore_nulls=True).str.split(" ")
    named = person.select(columns)[told["row"]].select(words).to_series()
    every = told.drop("forename", "first").with_columns(forename=named)
    return _with_sound(every.explode("forename"), "forename", "first").with_columns(first=_sound_of_given())


def _contradicted(person: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``told`` whose date no other source gives the child, once for each date (``other_born``) that one gives it: which
    source does (``by``), at which home (``there``), and whether it knows the child by this home (``is_here``).

    Left out are dates of namesakes elsewhere that the child's own source does not give the other way round either.
    """
    is_met = _of_several_sources(told, BY_NAME, "born") | _of_several_sources(told, BY_HOME, "born")
    is_otherwise = _is_given_otherwise(told, BY_NAME) | _is_given_otherwise(told, BY_HOME)
    asked = told.filter(~is_met & is_otherwise)  # few: most are met by the name that is given first
    doubted = asked.filter(
        ~(_is_met(asked, person, told, "last", "born") | _is_met(asked, person, told, "home", "born")),
        ~_is_shared_at_home(asked, told),
    )
    given = pl.concat([_given_otherwise(doubted, told, BY_NAME), _given_otherwise(doubted, told, BY_HOME)])
    turned = given.select("dataset", born="other_born", other_born="born", is_turned=pl.lit(value=True)).unique()
    both = given.join(turned, on=["dataset", "born", "other_born"], how="left").filter(
        pl.col("is_here") | pl.col("is_turned")
    )
    return told.join(both.drop("dataset", "born", "is_turned"), on="row")


def _is_given_otherwise(told: pl.DataFrame, child: str) -> pl.Series:
    """True for rows of ``told`` of a child, known by this column, that has several dates and is known to several sources."""
    source, born = pl.col("dataset").cast(pl.Categorical).to_physical(), pl.col("born")
    seen = told.select(child, "born", dataset=source).group_by(child)
    several = seen.agg(sources=pl.col("dataset").min() < pl.col("dataset").max(), dates=born.min() < born.max())
    return told[child].is_in(several.filter("sources", "dates")[child].implode())


def _is_met(asked: pl.DataFrame, person: pl.DataFrame, told: pl.DataFrame, *beside: str) -> pl.Series:
    """True for rows of ``asked`` of which another source in ``told`` has one of the given names, with the same in these
    columns. At one home that may be the row's surname: then its names are in each other's place."""
    here = told.join(asked, on=beside, how="semi")
    given = _given_names(person, here, "forename", "middle_names")
    met = [given.filter(_of_several_sources(given, "first", *beside))["row"]]
    if "home" in beside:
        last = _given_names(person, asked, "surname")
        swapped = last.join(given, on=["first", *beside], suffix="_of_other")
        met.append(swapped.filter(pl.col("dataset") != pl.col("dataset_of_other"))["row"])
    return asked["row"].is_in(pl.concat(met).unique().implode())


def _is_shared_at_home(asked: pl.DataFrame, told: pl.DataFrame) -> pl.Series:
    """True for rows of ``asked`` with a forename that some source gives to two children of the home: some families call all
    sons Muhammad."""
    given = told.join(asked, on=BY_HOME, how="semi").select(BY_HOME, "dataset", "born").unique()
    twice = given.filter(pl.struct(BY_HOME, "dataset").hash().is_duplicated())[BY_HOME]
    return asked[BY_HOME].is_in(twice.implode())


def _given_again(person: pl.DataFrame, told: pl.DataFrame, names: pl.Series) -> pl.Series:
    """Those of the sounds ``names`` that families give to several children, as two UPNs at one home show: a record that leaves
    the second name out may be any brother's."""
    named = told.filter(pl.col("first").is_in(names.implode()))
    known = named.with_columns(upn=person["upn"].gather(named["row"])).drop_nulls("upn")
    homes = known.group_by("dataset", "home", "first").agg(is_again=pl.col("upn").n_unique() > 1)
    many = homes.group_by("first").agg(again=pl.col("is_again").sum(), share=pl.col("is_again").mean())
    return many.filter(pl.col("again") >= AGAIN, pl.col("share") >= AGAIN_SHARE)["first"]


def _of_several_sources(told: pl.DataFrame, *key: str) -> pl.Series:
    """True for rows of ``told`` whose values in these columns several sources have."""
    number = told.select("dataset", number=pl.struct(key).hash())
    several = number.unique().filter(pl.col("number").is_duplicated())["number"]
    return number["number"].is_in(several.implode())


def _given_otherwise(doubted: pl.DataFrame, told: pl.DataFrame, child: str) -> pl.DataFrame:
    """``row``, ``dataset`` and ``born`` of rows of ``doubted``, with each date that another source gives the child, known by
    this column."""
    given = told.select(child, "dataset", "born", "home").join(doubted, on=child, how="semi")
    given = given.select(child, other_born="born", by="dataset", there="home").unique()
    met = doubted.select("row", child, "dataset", "born").join(given, on=child)
    met = met.filter(pl.col("dataset") != pl.col("by"))
    return met.drop(child).with_columns(is_here=pl.lit(child == BY_HOME))


def _shown_of_both(doubted: pl.DataFrame, shares: pl.DataFrame | None) -> pl.DataFrame:
    """Pairs, each once, of which either child has the other's date elsewhere. ``shares``: of UPNs, by source; None: pairs of
    which one source alone speaks are left out."""
    turned = {"born": "other_born", "other_born": "born"}
    dates = ["dataset", *turned]
    given = (
        doubted.join(doubted.select(dates).rename(turned), on=dates, how="semi")
        .group_by(*doubted.drop("by", "there", "is_here").columns)
        .agg(sources=pl.col("by").n_unique(), by=pl.col("by").min(), homes=pl.col("there").unique())
    )
    both = given.join(given.rename(turned), on=dates, suffix="_of_other").filter(
        pl.col("row") < pl.col("row_of_other"), _are_family()
    )
    is_one = (pl.max_horizontal("sources", "sources_of_other") == 1) & (pl.col("by") == pl.col("by_of_other"))
    if shares is None:
        return _pairs(both.filter(~is_one))
    own, by = (shares.rename({"dataset": of, "share": f"share_of_{of}"}) for of in ("dataset", "by"))
    ours, theirs = pl.col("share_of_dataset"), pl.col("share_of_by")
    is_theirs = (ours > theirs) | ((ours == theirs) & (pl.col("dataset") < pl.col("by")))
    return _pairs(both.join(own, on="dataset").join(by, on="by").filter(~(is_one & is_theirs)))


def _are_family() -> pl.Expr:
    """Whether two rows are of one home; or of one surname, and other sources have both at one home: namesakes of theirs who
    were born on each other's birthdays would not live together. Their names must begin differently, too."""
    initial, other = (pl.col(name).str.head(1) for name in ("first", "first_of_other"))
    are_together = pl.col("homes").list.set_intersection("homes_of_other").list.len() > 0
    return (pl.col("home") == pl.col("home_of_other")) | (
        (pl.col("last") == pl.col("last_of_other")) & (initial != other) & are_together
    )


def _shown_of_one(person: pl.DataFrame, told: pl.DataFrame, doubted: pl.DataFrame) -> pl.DataFrame:
    """Pairs of one home of which the first child has the second's date elsewhere, and no other source knows the second. Names
    that families give again show nothing."""
    there = ["dataset", "home", "born"]
    here = doubted.filter("is_here").drop("by", "there").unique()
    asked = told.join(here, left_on=there, right_on=["dataset", "home", "other_born"], how="semi")
    namesakes = told.join(asked, on=BY_NAME, how="semi")
    known = namesakes.filter(_of_several_sources(namesakes, BY_NAME))["row"]
    housed = told.join(asked, on=["dataset", "home"], how="semi").group_by("dataset", "home").len()
    lone = asked.filter(~pl.col("row").is_in(known.implode()), ~_is_met(asked, person, told, "home"))
    lone = lone.join(housed.filter(pl.col("len") <= LARGEST), on=["dataset", "home"], how="semi")
    names = ("row", "forename", "first")
    others = lone.select(
        "dataset", "home", *(pl.col(name).alias(f"{name}_of_other") for name in names), other_born="born"
    )
    beside = here.join(others, on=["dataset", "home", "other_born"])
    again = _given_again(person, told, pl.concat([beside["first"], beside["first_of_other"]]).unique()).implode()
    shown = beside.filter(~pl.col("first").is_in(again), ~pl.col("first_of_other").is_in(again))
    return _pairs(shown.with_columns(home_of_other="home"))


def _pairs(both: pl.DataFrame) -> pl.DataFrame:
    """Both rows of each pair: ``row``, ``forename``, ``first``, ``home``, ``born``, the same of the other, and ``dataset``."""
    names = ("row", "forename", "first", "home")
    others = [pl.col(f"{name}_of_other").alias(f"other_{name}") for name in names]
    return both.select("dataset", *names, "born", *others, "other_born")


def _of_two_children(pairs: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Those of ``pairs`` with two names and two dates, neither of which another source gives to anybody else at that home."""
    dates = pl.col("born"), pl.col("other_born")
    days = [born.dt.strftime("%m%d") for born in dates]
    groups = [variant_groups(pairs[name]) for name in ("forename", "other_forename")]
    two = pairs.filter(
        *(pl.col(name).str.len_chars() > 1 for name in ("forename", "other_forename")),  # an initial may be the other's
        groups[0].list.set_intersection(groups[1]).list.len() == 0,
        pl.col("first").str.head(4) != pl.col("other_first").str.head(4),
        (dates[0] - dates[1]).dt.total_days().abs() >= LEAST_APART_DAYS,
        days[0] != days[1],
        *(day != "0101" for day in days),
    )
    names = {name: f"other_{name}" for name in ("row", "forename", "first", "home", "born")}
    turned = two.rename(names | {theirs: ours for ours, theirs in names.items()}).select(two.columns)
    here = told.join(pl.concat([two, turned]), on="home", how="semi")
    here = here.select("home", "born", by="dataset", by_first="first")
    is_anothers = (pl.col("dataset") != pl.col("by")) & (pl.col("by_first") != pl.col("other_first"))
    anothers = pl.concat([two, turned]).join(here, on=["home", "born"]).filter(is_anothers)
    return two.join(anothers, on=PAIR, how="anti").join(anothers, left_on=PAIR, right_on=TURNED, how="anti")


def _share_of_upns(person: pl.DataFrame) -> pl.DataFrame:
    """``dataset`` and the ``share`` of its rows that have a UPN."""
    return person.group_by("dataset").agg(share=pl.col("upn").is_not_null().mean())

"""What moved a child's likelihood since the last list: the factor that changed most, and news of the child's own records."""

from datetime import date

import polars as pl

from pipelines.formatted import formatted
from pipelines.listing.masking import masked_keys
from pipelines.rank_settings import ROUNDING
from pipelines.reasons import in_100
from pipelines.record_ids import one_row_a_record
from pipelines.residence.living_here import OF_THE_FAMILY

FACTORS = {
    "on_no_roll": "on no roll",
    "living_here": "still living here",
    "of_age": "of compulsory school age",
}
"""Factors of the likelihood, in words for people."""

STOOD = ("child_id", "likelihood", *FACTORS, "records")
"""Columns that say how a child stood on a night, on the list or off it."""

RECORDS_TOLD = 4
"""Most records named in one sentence."""


def most_moved(before: str, now: str, *, up: bool = False) -> pl.Expr:
    """The factor that has fallen most (``up``: risen most), as a ratio; null: none has, or none is known.

    ``before``, ``now``: suffixes of the columns of ``FACTORS`` on the two nights.
    """
    ratios = [pl.col(f"{name}{now}") / pl.col(f"{name}{before}") for name in FACTORS]
    most = pl.max_horizontal(ratios) if up else pl.min_horizontal(ratios)
    chosen = pl.coalesce(pl.when(ratio == most).then(pl.lit(name)) for name, ratio in zip(FACTORS, ratios, strict=True))
    return pl.when(most > 1 + ROUNDING if up else most < 1 - ROUNDING).then(chosen)


def _in_words(factor: str, suffix: str) -> pl.Expr:
    """The likelihood that the column ``factor`` names, on the night of a suffix; null with the column."""
    return pl.coalesce(pl.when(pl.col(factor) == name).then(in_100(pl.col(f"{name}{suffix}"))) for name in FACTORS)


def factor_words(factor: str, before: str, now: str) -> pl.Expr:
    """Which likelihood that was, and from what to what; null with the column ``factor``. Suffixes as in :func:`most_moved`."""
    was, is_now = _in_words(factor, before), _in_words(factor, now)
    return formatted("the likelihood that the child is {}: from {} to {}", pl.col(factor).replace(FACTORS), was, is_now)


def _since_then(factor: str) -> pl.Expr:
    """:func:`factor_words` since the last list; null where both figures read alike: then it explains nothing."""
    differs = _in_words(factor, "_then") != _in_words(factor, "")
    return pl.when(differs).then(factor_words(factor, "_then", ""))


def news_of_records(
    before: pl.DataFrame, child_records: pl.DataFrame, snapshot: pl.DataFrame, since: date
) -> pl.DataFrame:
    """``child_id``, ``news``: in a sentence, which of the child's records came, went or changed after ``since``.

    ``before``: ``child_id`` (tonight's) and its ``records`` then. A record may be another child's now, whom a source may
    protect: a key with a school's number in it is withheld.
    """
    had = one_row_a_record(before, "child_id")
    has = child_records.select("child_id", "record_id").join(before, on="child_id", how="semi")
    both = pl.concat(
        [
            has.join(had, on=["child_id", "record_id"], how="anti").with_columns(how=pl.lit("came")),
            had.join(has, on=["child_id", "record_id"], how="anti").with_columns(how=pl.lit("went")),
            has.join(had, on=["child_id", "record_id"], how="semi").with_columns(how=pl.lit("stayed")),
        ]
    )
    theirs = snapshot.join(both, on="record_id", how="semi").group_by("record_id")
    rows = theirs.agg(first_on=pl.col("first_seen_on").min(), changed_on=pl.col("first_seen_on").max())
    sent = child_records.join(both, on="record_id", how="semi")["record_id"]
    is_anothers = (pl.col("how") == "went") & pl.col("record_id").is_in(sent.implode())
    key = pl.when(is_anothers).then(masked_keys(pl.col("record_id"))).otherwise("record_id")
    told = both.join(rows, on="record_id", how="left", validate="m:1").sort("child_id", "record_id")
    told = told.with_columns(told=formatted("record {} {}", key, _what_became(is_anothers, since)))
    each = told.group_by("child_id", maintain_order=True).agg(pl.col("told").drop_nulls())
    return each.select("child_id", news=_in_a_sentence(pl.col("told")))


def _what_became(is_anothers: pl.Expr, since: date) -> pl.Expr:
    """What became of a record after ``since``; null: nothing. Reads ``how``, ``first_on``, ``changed_on``."""
    how, is_new = pl.col("how"), (pl.col("first_on") > since).fill_null(value=False)
    return (
        pl.when((how == "came") & is_new)
        .then(pl.lit("is new"))
        .when(how == "came")
        .then(pl.lit("is now counted as this child's"))
        .when(is_anothers)
        .then(pl.lit("is now counted as another child's"))
        .when(how == "went")
        .then(pl.lit("is no longer sent"))
        .when(pl.col("changed_on") > since)
        .then(pl.lit("has changed"))
    )


def _in_a_sentence(told: pl.Expr) -> pl.Expr:
    """A list of what became of a child's records, as a sentence."""
    more = told.list.len().cast(pl.Int64) - RECORDS_TOLD
    others = formatted("; and {} more", pl.when(more > 0).then(more)).fill_null("")
    some = formatted("Since the last list {}{}.", told.list.head(RECORDS_TOLD).list.join("; "), others)
    return pl.when(told.list.len() > 0).then(some).otherwise(pl.lit(NOTHING_OF_ITS_OWN))


NOTHING_OF_ITS_OWN = (
    "No record of the child's own has changed since the last list: time has passed, records of others or the settings and "
    "weights in force may have changed, and the estimates were learnt anew from all children."
)


def news_of_families(told: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``family``: in a sentence, what is said otherwise than before of the other children of a household.

    Both: ``child_id``, ``told`` (the reasons of the list, with what they say of the family). No row where they say the same.
    """
    both = told.join(now, on="child_id", how="inner", suffix="_now", validate="1:1").select(
        "child_id", was=_of_the_family("told"), is_now=_of_the_family("told_now")
    )
    was, is_now = formatted(" On the last list: {}.", "was"), formatted(" Now: {}.", "is_now")
    family = (
        pl.lit("No record of the child's own has changed since the last list, but what is known of the household has.")
        + was.fill_null("")
        + is_now.fill_null(" Nothing shows that now.")
    )
    return both.filter(pl.col("was").ne_missing(pl.col("is_now"))).select("child_id", family=family)


def _of_the_family(told: str) -> pl.Expr:
    """What reasons say of the other children of a household; null: nothing."""
    said = [pl.when(pl.col(told).str.contains(words, literal=True)).then(pl.lit(words)) for words in OF_THE_FAMILY]
    return pl.concat_str(said, separator="; ", ignore_nulls=True).replace("", None)


def with_news_of_families(news: pl.DataFrame, families: pl.DataFrame) -> pl.DataFrame:
    """``news`` (:func:`news_of_records`), which says of a child without news of its own what is new of its family.

    ``families``: :func:`news_of_families`.
    """
    has_none = pl.col("news") == NOTHING_OF_ITS_OWN
    both = news.join(families, on="child_id", how="left", validate="m:1", maintain_order="left")
    return both.with_columns(news=pl.when(has_none).then(pl.coalesce("family", "news")).otherwise("news")).drop(
        "family"
    )


def what_moved(
    before: pl.DataFrame,
    now: pl.DataFrame,
    child_records: pl.DataFrame,
    snapshot: pl.DataFrame,
    since: date,
    *,
    families: pl.DataFrame,
) -> pl.DataFrame:
    """``child_id``, ``likelihood_then``, ``moved``: in a sentence or two, why ``now`` is another likelihood than ``before``.

    Both: ``STOOD``, one row a child, by tonight's id. ``moved`` is null where nobody knows how the child stood then.
    ``families``: :func:`news_of_families`.
    """
    known = before.select(STOOD).drop_nulls(["likelihood", *FACTORS, "records"]).join(now, on="child_id", how="semi")
    both = now.select("child_id", "likelihood", *FACTORS).join(
        known, on="child_id", how="inner", suffix="_then", validate="1:1"
    )
    rose = pl.col("likelihood") > pl.col("likelihood_then")
    named = both.with_columns(_up=most_moved("_then", "", up=True), _down=most_moved("_then", "")).join(
        with_news_of_families(news_of_records(known, child_records, snapshot, since), families),
        on="child_id",
        how="left",
        validate="1:1",
    )
    words = (
        pl.when(rose)
        .then(formatted("What rose most is {}.", _since_then("_up")))
        .otherwise(formatted("What fell most is {}.", _since_then("_down")))
    )
    return named.select(
        "child_id", "likelihood_then", moved=pl.concat_str(words, "news", separator=" ", ignore_nulls=True)
    )

"""Why a child who was on the last list is not on tonight's: one reason, with the record or the fact behind it.

The reason is what has changed since that list, not only how things are now: of the three factors of the likelihood, the one
that has fallen most. A child without any reason gets none, and :mod:`pipelines.ledger.lives` fails the night.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.age import ends_on, starts_on
from pipelines.decisions.outcomes import CLOSING, outcomes_by_current_child
from pipelines.formatted import formatted
from pipelines.ledger.ledger_inputs import LedgerInputs
from pipelines.ledger.unconfirmed import NEWS, UNCONFIRMED, without_news
from pipelines.ledger.what_moved import FACTORS, factor_words, most_moved, news_of_records, with_news_of_families
from pipelines.listing.closed import closed_in_words
from pipelines.listing.masking import masked_off_list
from pipelines.listing.rank import CLOSED, DIED, IN_EDUCATION, MOVED_AWAY, NOT_OF_AGE, SAME_AS_RIVAL
from pipelines.listing.recalibration import estimate_of, recalibrated
from pipelines.listing.waiting import AGE_ENDS, NOT_YET, OVER_HOLIDAYS
from pipelines.rank_settings import RankSettings, reaches
from pipelines.reasons import in_100, source_name
from pipelines.record_ids import one_row_a_record, source_of
from pipelines.tables import WHY_OFF
from pipelines.written_dates import day

LISTED, IN_VIEW, LEFT = "listed", "in view", "left"
"""``LEAD.state``. In view: off the list, but an officer has it in hand, a file that should have its records is incomplete, or
nothing new was told of its education."""

MERGED = "merged with another child"
RECORDS_GONE = "records gone from every extract"
FELL = "likelihood fell below the cut-off"
CUT_OFF_RAISED = "the cut-off was raised"
RECALIBRATED = "likelihoods were recalibrated"

LEFT_BECAUSE = (
    IN_EDUCATION,
    SAME_AS_RIVAL,
    MOVED_AWAY,
    NOT_OF_AGE,
    MERGED,
    CLOSED,
    DIED,
    NOT_YET,
    OVER_HOLIDAYS,
    AGE_ENDS,
    FELL,
    CUT_OFF_RAISED,
    RECALIBRATED,
    RECORDS_GONE,
)
"""Why a child is off the list (``LEAD.off_because``)."""

BY_FACTOR = {"on_no_roll": (IN_EDUCATION, SAME_AS_RIVAL), "living_here": (MOVED_AWAY,), "of_age": (NOT_OF_AGE,)}
"""Factor -> the values of ``EXPLAINED.reason`` if that factor is the smallest."""


@dataclass(frozen=True)
class CutOff:
    """The likelihood from which a child is listed, 0..1."""

    list_from: float
    estimate_from: float
    """The same cut-off among estimates, before any recalibration."""

    @classmethod
    def of(cls, settings: RankSettings) -> "CutOff":
        """The one in force."""
        return cls(settings.list_from, estimate_of(settings.list_from, settings.recalibration))

    def check_from(self, settings: RankSettings) -> float:
        """The least likelihood at which a child gone quiet would stay listed under this cut-off, at the costs in
        ``settings``."""
        worth = {"wasted_enquiries_per_missed_child": 1 / self.list_from - 1}
        return settings.model_copy(update=worth).check_from

    @classmethod
    def of_list_night(cls, night: pl.DataFrame) -> "CutOff":
        """That of one ``LIST_NIGHT`` row."""
        return cls(night["list_from"].item(), night["estimate_from"].item())


def why_off(gone: pl.DataFrame, tonight: LedgerInputs, before: CutOff, since: date | None = None) -> pl.DataFrame:
    """``child_id``, ``spell``, ``WHY_OFF`` and ``waits_for`` of leads that are not on tonight's list.

    All null where no reason is found. ``waits_for``, in words, is what keeps a lead in view: if its records are gone, its
    sources whose file is incomplete, or that had a row of it set aside; or ``NEWS``. ``gone``: ``LEAD`` with ``now_id``
    (tonight's child that has its records; null: none). ``before``: the cut-off of the last list; ``since``: its night (null:
    no news of records is told).
    """
    explained = tonight.explained.with_columns(masked_off_list("why", "reason"))
    known = explained.drop("records", "likelihood").rename({"child_id": "now_id"})
    joined = (
        gone.select("child_id", "spell", "state", "records", "now_id", "last_listed_on", "likelihood", *FACTORS)
        .with_columns(id_now=pl.coalesce("now_id", "child_id"))
        .join(known.rename({name: f"{name}_now" for name in FACTORS}), on="now_id", how="left", validate="m:1")
        .join(_ages(gone, tonight), on="now_id", how="left", validate="m:1")
        .join(_closed_by_officers(tonight), on="id_now", how="left", validate="m:1")
        .join(_sources_wanting(gone, tonight), on=["child_id", "spell"], how="left", validate="1:1")
        .join(_news(gone, tonight, since), on="now_id", how="left", validate="m:1")
        .with_columns(
            estimated_now=pl.col("on_no_roll_now") * pl.col("living_here_now") * pl.col("of_age_now"),
            is_listed=pl.col("now_id").is_in(tonight.candidates["child_id"].implode()),
            fell=most_moved("", "_now"),
        )
        .with_columns(likelihood_now=recalibrated(pl.col("estimated_now"), tonight.settings.recalibration))
        .with_columns(off_because=_because(tonight.settings, before))
    )
    joined = _with_what_it_waits_for(joined, tonight)
    shows = pl.col("reason").is_in([IN_EDUCATION, SAME_AS_RIVAL]) & pl.col("off_because").is_not_null()
    kept = ("record_id", "source", "since_on", "until_on", "link_probability")
    return joined.with_columns(
        off_why=_why(tonight.settings),
        other_child_id=pl.when(pl.col("off_because") == MERGED).then("now_id"),
        **{name: pl.when(shows).then(pl.col(name)) for name in kept},
    ).select("child_id", "spell", *WHY_OFF.names(), "waits_for")


def _with_what_it_waits_for(off: pl.DataFrame, tonight: LedgerInputs) -> pl.DataFrame:
    """``off`` with ``waits_for``."""
    by_education = off.filter(pl.col("off_because").is_in([IN_EDUCATION, SAME_AS_RIVAL, MERGED]))
    quiet = without_news(by_education, tonight.stood, tonight.snapshot, tonight.judged_the_same)
    unconfirmed = quiet.with_columns(unconfirmed=pl.lit(NEWS))
    both = off.join(unconfirmed, on=["child_id", "spell"], how="left", validate="1:1")
    is_gone = pl.col("off_because") == RECORDS_GONE
    return both.with_columns(
        waits_for=pl.when(is_gone).then(pl.coalesce("cut_off", "kept_out")).otherwise("unconfirmed")
    )


def _news(gone: pl.DataFrame, tonight: LedgerInputs, since: date | None) -> pl.DataFrame:
    """``now_id``, ``news``: which records of a child of the last list that goes on tonight came, went or changed."""
    goes_on = gone.filter(state=LISTED).drop_nulls("now_id").unique("now_id", keep="first", maintain_order=True)
    before = goes_on.select("records", child_id="now_id")
    found = news_of_records(
        before if since else before.clear(), tonight.child_records, tonight.snapshot, since or date.min
    )
    return with_news_of_families(found, tonight.news_of_families).rename({"child_id": "now_id"})


def _ages(gone: pl.DataFrame, tonight: LedgerInputs) -> pl.DataFrame:
    """``now_id``, ``age_words``: children whom every birth date makes too young or too old tonight."""
    facts = tonight.facts_of(gone["now_id"].drop_nulls().unique())
    born = pl.col("date_of_birth")
    past, first = ends_on(born), starts_on(born)
    words = (
        pl.when(past < tonight.as_at)
        .then(formatted("No longer of compulsory school age, which ended for the child on {}.", day(past)))
        .when(first.is_not_null())
        .then(formatted("By the birth date, not of compulsory school age before {}.", day(first)))
        .when(pl.col("born_in").is_not_null())
        .then(pl.lit("By the year of birth, not of compulsory school age."))
    )
    return facts.filter(pl.col("of_age") == 0).select(now_id="child_id", age_words=words)


def _closed_by_officers(tonight: LedgerInputs) -> pl.DataFrame:
    """``id_now``, ``officer_words``: children whose latest outcome closes the lead, even if no record of them is left."""
    last = tonight.outcomes_standing
    here = outcomes_by_current_child(last, tonight.child_records)
    both = pl.concat([here, last.join(here, on="child_id", how="anti")]).filter(pl.col("outcome").is_in(CLOSING))
    return both.select(id_now="child_id", officer_words=closed_in_words())


def _sources_wanting(gone: pl.DataFrame, tonight: LedgerInputs) -> pl.DataFrame:
    """``child_id``, ``spell``, and in words the sources of a lead's records from which something is missing tonight.

    ``not_loaded``: nothing was loaded. ``cut_off``: the file is incomplete. ``kept_out``: a row of the lead was set aside.
    """
    source, called = pl.col("source"), source_name(pl.col("source"), tonight.source_names)
    record = pl.col("record_id")
    asked = one_row_a_record(gone, "child_id", "spell").with_columns(
        source=source_of(record), is_aside=record.is_in(tonight.set_aside.drop_nulls().implode())
    )
    each = asked.group_by("child_id", "spell", "source").agg(pl.col("is_aside").any()).with_columns(called=called)
    known = each.sort("called").group_by("child_id", "spell", maintain_order=True)
    named = {
        "not_loaded": ~source.is_in(list(tonight.loaded)),
        "cut_off": source.is_in(list(tonight.cut_off)),
        "kept_out": pl.col("is_aside"),
    }
    wanting = {name: pl.col("called").filter(are).str.join(", ").replace("", None) for name, are in named.items()}
    return known.agg(**wanting)


def _because(settings: RankSettings, before: CutOff) -> pl.Expr:
    """The one reason, the most certain first."""
    list_from, is_raised = settings.list_from, pl.lit(settings.list_from > before.list_from)
    reason, fell, likelihood = pl.col("reason"), pl.col("fell"), pl.col("likelihood_now")
    never_listed, is_known = pl.col("likelihood").is_null(), reason.is_not_null() | pl.col("age_words").is_not_null()
    below = ~reaches(likelihood, list_from)
    was_checked = (reason == MOVED_AWAY) & ~reaches(pl.col("likelihood"), before.list_from)
    would_be_still = was_checked & reaches(likelihood, before.check_from(settings))
    by_factor = pl.any_horizontal((fell == name) & reason.is_in(reasons) for name, reasons in BY_FACTOR.items())
    return (
        pl.when((pl.col("state") == IN_VIEW) & pl.col("officer_words").is_not_null())
        .then(pl.lit(CLOSED))
        .when(pl.col("now_id").is_null())
        .then(pl.lit(RECORDS_GONE))
        .when((pl.col("now_id") != pl.col("child_id")) & (is_known | pl.col("is_listed")))
        .then(pl.lit(MERGED))
        .when(reason.is_in([CLOSED, DIED, NOT_YET, OVER_HOLIDAYS, AGE_ENDS]))
        .then(reason)
        .when(reason.is_null() & pl.col("age_words").is_not_null())
        .then(pl.lit(NOT_OF_AGE))
        .when(below & reaches(pl.col("estimated_now"), before.estimate_from))
        .then(pl.when(is_raised).then(pl.lit(CUT_OFF_RAISED)).otherwise(pl.lit(RECALIBRATED)))
        .when(below & is_raised & would_be_still)
        .then(pl.lit(CUT_OFF_RAISED))
        .when(below & (by_factor | never_listed))
        .then(reason)
        .when(below & fell.is_not_null())
        .then(pl.lit(FELL))
        .when(below)  # what had kept it on the list so far is gone (pipelines.listing.gone_quiet)
        .then(reason)
    )


def _why(settings: RankSettings) -> pl.Expr:
    """The reason in a sentence or two."""
    otherwise = pl.coalesce("why", "age_words")
    words = {
        RECORDS_GONE: _records_gone(),
        MERGED: formatted("The records are now child {}'s. ", "now_id")
        + otherwise.fill_null("That child is on the list."),
        CLOSED: pl.coalesce(pl.when(pl.col("reason") == CLOSED).then("why"), "officer_words"),
        MOVED_AWAY: otherwise
        + formatted(
            " On the last list the chance that the child lives here was {}. {}", in_100(pl.col("living_here")), "news"
        ).fill_null(""),
        **_of_likelihood(settings, otherwise),
    }
    own_words = [pl.when(pl.col("off_because") == because).then(text) for because, text in words.items()]
    others = pl.when(pl.col("off_because").is_not_null() & ~pl.col("off_because").is_in(list(words))).then(otherwise)
    unconfirmed = pl.when(pl.col("waits_for") == NEWS).then(pl.lit(f" {UNCONFIRMED}"))
    return pl.coalesce(*own_words, others) + unconfirmed.fill_null("")


def _records_gone() -> pl.Expr:
    """In words: no record came of the child, and what is missing tonight from the sources of those it had."""
    count = pl.col("records").str.count_matches(";") + 1
    how_many = (
        pl.when(count == 1)
        .then(pl.lit("The child's only record was"))
        .otherwise(formatted("The child's {} records were", count))
    )
    aside = formatted(", or a row was set aside ({}): the child stays in view until that is corrected", "kept_out")
    return (
        how_many
        + " not sent tonight"
        + aside.fill_null("")
        + "."
        + formatted(" Nothing was loaded from: {}.", "not_loaded").fill_null("")
        + formatted(" The child stays in view until the whole file is sent ({}).", "cut_off").fill_null("")
    )


def _of_likelihood(settings: RankSettings, otherwise: pl.Expr) -> dict[str, pl.Expr]:
    """In words: what the likelihood is now, and the cut-off. ``otherwise``: what is said of the child's place or home."""
    cut_off, check_from = in_100(pl.lit(settings.list_from)), in_100(pl.lit(settings.check_from))
    now, before = in_100(pl.col("likelihood_now")), in_100(pl.col("likelihood"))
    return {
        CUT_OFF_RAISED: formatted("The cut-off is now {}, and the likelihood {}.", cut_off, now)
        + pl.when(pl.col("reason") == MOVED_AWAY)
        .then(formatted(" A desk check of where the child lives is made at {} or more.", check_from))
        .otherwise(pl.lit("")),
        RECALIBRATED: formatted(
            "From the records alone the likelihood is {}; allowing for what officers found on earlier leads, {}: below the "
            "cut-off of {}.",
            in_100(pl.col("estimated_now")),
            now,
            cut_off,
        ),
        FELL: formatted(
            "The likelihood fell from {} to {}, below the cut-off of {}. The biggest fall was in {}. ",
            before,
            now,
            cut_off,
            factor_words("fell", "", "_now"),
        )
        + otherwise
        + formatted(" {}", "news").fill_null(""),
    }

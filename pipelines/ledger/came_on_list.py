"""What brought onto the list a child who was not on the last one: new, or back again."""

from datetime import date, timedelta

import polars as pl

from pipelines.age import birth_date_by_age, starts_on
from pipelines.children.members import join_by_child
from pipelines.formatted import formatted
from pipelines.ledger.ledger_inputs import LedgerInputs
from pipelines.ledger.left_list import CUT_OFF_RAISED, FELL, MERGED, RECALIBRATED, RECORDS_GONE, CutOff
from pipelines.ledger.what_moved import what_moved
from pipelines.listing.closed import EDUCATION_ENDED, closed_children
from pipelines.listing.likelihood import with_age
from pipelines.listing.masking import masked_keys
from pipelines.listing.rank import CLOSED, DIED, IN_EDUCATION, MOVED_AWAY, NOT_OF_AGE, SAME_AS_RIVAL
from pipelines.listing.waiting import AGE_ENDS, NOT_YET, OVER_HOLIDAYS
from pipelines.rank_settings import reaches
from pipelines.reasons import chance, in_100, source_name
from pipelines.written_dates import day

FIRST_NIGHT = "first night"
NOT_KNOWN_BEFORE = "not known before"
PARTED = "parted from another child"
VANISHED = "vanished from the roll"
CAME_OF_AGE = "now of compulsory school age"
CONTRADICTED = "an officer's outcome is contradicted"
PROOF_GONE = "the record of an education is gone"
LESS_SURE = "the record of an education is less certain"
NOT_THE_SAME = "no longer matched to a child in education"
SEEN_AGAIN = "seen here again"
LIVES_HERE = "more likely to live here"
TO_CHECK = "to be checked, though probably moved away"
RECORDS_BACK = "records are back"
CUT_OFF_LOWERED = "the cut-off was lowered"
WAITED = "the authority's own threshold has passed"
NOT_TAKEN_UP = "no roll shows the place that was due"
DEATH_TAKEN_BACK = "no source says now that the child has died"
ROSE = "likelihood rose above the cut-off"

CAME_BECAUSE = (
    FIRST_NIGHT,
    NOT_KNOWN_BEFORE,
    PARTED,
    VANISHED,
    EDUCATION_ENDED,
    CAME_OF_AGE,
    CONTRADICTED,
    PROOF_GONE,
    LESS_SURE,
    NOT_THE_SAME,
    SEEN_AGAIN,
    LIVES_HERE,
    TO_CHECK,
    RECORDS_BACK,
    CUT_OFF_LOWERED,
    RECALIBRATED,
    WAITED,
    NOT_TAKEN_UP,
    DEATH_TAKEN_BACK,
    ROSE,
)
"""What brought a child onto the list (``LEAD.came_because``)."""

TOLD_LATE = timedelta(days=90)
"""Rolls report leavers late: an education that ended up to this long before the last list may still be tonight's news."""

BACK_FROM = {
    SAME_AS_RIVAL: NOT_THE_SAME,
    MOVED_AWAY: LIVES_HERE,
    NOT_OF_AGE: CAME_OF_AGE,
    RECORDS_GONE: RECORDS_BACK,
    MERGED: PARTED,
    CLOSED: CONTRADICTED,
    CUT_OFF_RAISED: CUT_OFF_LOWERED,
    RECALIBRATED: ROSE,
    FELL: ROSE,
    NOT_YET: WAITED,
    OVER_HOLIDAYS: NOT_TAKEN_UP,
    AGE_ENDS: CAME_OF_AGE,
    DIED: DEATH_TAKEN_BACK,
}
"""Why a child had left -> what its return means. For a child who left because of an education, its record is looked at
first."""


def why_came(come: pl.DataFrame, tonight: LedgerInputs, before: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``came_because``, ``came_why`` of tonight's candidates in ``come``.

    ``come``: ``child_id``, and for a child who had been on the list before, ``off_because``, ``record_id``,
    ``link_probability``, ``other_child_id`` and ``last_listed_on`` of its last spell; null for a new child. ``before``: one
    row, ``LIST_NIGHT`` of the last list.
    """
    before_on, cut_before, cut_now = before["as_at"].item(), CutOff.of_list_night(before), CutOff.of(tonight.settings)
    listed = tonight.candidates.join(come.select("child_id"), on="child_id", how="semi")
    shown = listed.select(
        "child_id", "date_of_birth", "born_in", "likelihood", "estimated", "living_here", "last_seen_on", "last_seen_by"
    )
    records = tonight.child_records.join(listed.select("child_id"), on="child_id", how="semi")
    joined = join_by_child(
        come.join(shown, on="child_id", how="inner", validate="1:1"),
        _first_seen(records, tonight),
        _parted(tonight, before_on),
        _vanished(records, tonight, before_on),
        _ended(listed, tonight, before_on),
        _contradicted(records, tonight),
        what_moved(
            tonight.stood,
            with_age(listed),
            tonight.child_records,
            tonight.snapshot,
            before_on,
            families=tonight.news_of_families,
        ),
        _shown_before(tonight),
    ).join(_proof_now(come, tonight), on="record_id", how="left", validate="m:1")
    was_out = ~reaches(pl.col("estimated"), cut_before.estimate_from)
    let_in = pl.lit(cut_now.estimate_from < cut_before.estimate_from) & was_out
    how = CUT_OFF_LOWERED if cut_now.list_from < cut_before.list_from else RECALIBRATED
    return joined.with_columns(came_because=_because(before_on, tonight, pl.when(let_in).then(pl.lit(how)))).select(
        "child_id", "came_because", came_why=_why(tonight, cut_before)
    )


def _first_seen(records: pl.DataFrame, tonight: LedgerInputs) -> pl.DataFrame:
    """``child_id``, ``known_since``: the first night on which any record of the child came."""
    seen = records.join(tonight.snapshot.select("record_id", "first_seen_on"), on="record_id", how="inner")
    return seen.group_by("child_id").agg(known_since=pl.col("first_seen_on").min())


def _parted(tonight: LedgerInputs, before_on: date) -> pl.DataFrame:
    """``child_id``, ``parted_from``: children whose records belonged to another child on the last list."""
    moves = tonight.child_moves.filter(pl.col("as_at") > before_on, pl.col("kind") == "split")
    most = moves.sort("records", "child_id", descending=[True, False]).unique("other_child_id", keep="first")
    return most.select(child_id="other_child_id", parted_from="child_id")


def _vanished(records: pl.DataFrame, tonight: LedgerInputs, before_on: date) -> pl.DataFrame:
    """``child_id``, ``vanished_of``: children whose entry on a roll has vanished since the last list."""
    gone = tonight.statements.filter(pl.col("kind") == "vanished", pl.col("since_on") >= before_on)
    both = records.select("child_id", "record_id").join(gone, on="record_id", how="inner").sort("child_id", "record_id")
    named = source_name(pl.col("source"), tonight.source_names)
    return both.group_by("child_id", maintain_order=True).agg(vanished_of=named.first())


def _ended(listed: pl.DataFrame, tonight: LedgerInputs, before_on: date) -> pl.DataFrame:
    """``child_id``, ``ended_on``, ``ended_of``, ``ended_record``: the education that ended last, if that is news
    (``TOLD_LATE``)."""
    ended = tonight.provision.filter(
        ~pl.col("is_current"), pl.col("until_on") <= tonight.as_at, pl.col("until_on") > pl.lit(before_on) - TOLD_LATE
    ).join(listed.select("child_id"), on="child_id", how="semi")
    last = ended.sort("child_id", "until_on", "record_id", descending=[False, True, False]).unique(
        "child_id", keep="first", maintain_order=True
    )
    of = source_name(pl.col("source"), tonight.source_names)
    return last.select("child_id", ended_on="until_on", ended_of=of, ended_record="record_id")


def _contradicted(records: pl.DataFrame, tonight: LedgerInputs) -> pl.DataFrame:
    """``child_id``, ``back_because``: what contradicts the outcome that had closed a lead."""
    closed = closed_children(
        tonight.outcomes,
        tonight.statements,
        records,
        as_at=tonight.as_at,
        names=tonight.source_names,
        holds=tonight.settings.outcome_holds,
    )
    return closed.filter(pl.col("closed_why").is_null()).select("child_id", "back_because")


def _shown_before(tonight: LedgerInputs) -> pl.DataFrame:
    """``child_id``, ``shown``: the education by which the last list explained the child, if no file has its record tonight.

    Of a record that is another child's now nothing is told: a source may protect that child.
    """
    gone = tonight.shown.join(tonight.child_records, left_on="shown_by", right_on="record_id", how="anti")
    return gone.select("child_id", "shown")


def _proof_now(come: pl.DataFrame, tonight: LedgerInputs) -> pl.DataFrame:
    """What the records that had shown an education say now, if they are still in an extract.

    ``record_id``, ``proof_child``, ``proof_current``, ``proof_until``, ``proof_sure``, ``proof_doubt``.
    """
    asked = come.select("record_id").drop_nulls().unique()
    stands = tonight.child_records.join(asked, on="record_id", how="semi").select("record_id", proof_child="child_id")
    theirs = tonight.provision.join(asked, on="record_id", how="semi")
    latest_first = theirs.sort("is_current", "until_on", descending=True, nulls_last=True, maintain_order=True)
    entry = latest_first.unique("record_id", keep="first", maintain_order=True).select(
        "record_id",
        proof_current="is_current",
        proof_until="until_on",
        proof_sure="link_probability",
        proof_doubt="doubt",
    )
    return stands.join(entry, on="record_id", how="left", validate="1:1")


def _born() -> pl.Expr:
    return birth_date_by_age(pl.col("date_of_birth"), pl.col("born_in"))


def _because(before_on: date, tonight: LedgerInputs, let_in: pl.Expr) -> pl.Expr:
    """The one reason: for a child who had left the list, by what took it off; for a new one, the most certain news first.

    ``let_in``: the setting that alone let the child in; null: none did.
    """
    off = pl.col("off_because")
    was_educated = off == IN_EDUCATION
    came_of_age = starts_on(_born()).is_between(before_on, tonight.as_at, closed="right")
    has_ended = (pl.col("proof_child") == pl.col("child_id")) & ~pl.col("proof_current")
    is_gone = pl.col("proof_child").is_null() | (pl.col("proof_child") != pl.col("child_id"))
    is_faint = ~reaches(pl.col("likelihood"), tonight.settings.list_from)  # kept by pipelines.listing.gone_quiet
    rose = pl.when(is_faint).then(pl.lit(TO_CHECK)).otherwise(pl.lit(ROSE))
    return (
        pl.when(let_in.is_not_null())
        .then(let_in)
        .when(was_educated & pl.col("vanished_of").is_not_null())
        .then(pl.lit(VANISHED))
        .when(was_educated & has_ended)
        .then(pl.lit(EDUCATION_ENDED))
        .when(was_educated & is_gone)
        .then(pl.lit(PROOF_GONE))
        .when(was_educated)
        .then(pl.lit(LESS_SURE))
        .when((off == CLOSED) & pl.col("back_because").is_null())
        .then(rose)
        .when(is_faint & off.is_in([MOVED_AWAY, FELL]))
        .then(pl.lit(TO_CHECK))
        .when((off == MOVED_AWAY) & (pl.col("last_seen_on") > pl.col("last_listed_on")))
        .then(pl.lit(SEEN_AGAIN))
        .when(off.is_not_null())
        .then(off.replace_strict(BACK_FROM, default=ROSE, return_dtype=pl.String))
        .when(pl.col("parted_from").is_not_null())
        .then(pl.lit(PARTED))
        .when(pl.col("known_since") > before_on)
        .then(pl.lit(NOT_KNOWN_BEFORE))
        .when(pl.col("vanished_of").is_not_null())
        .then(pl.lit(VANISHED))
        .when(came_of_age)
        .then(pl.lit(CAME_OF_AGE))
        .when(pl.col("ended_on").is_not_null())
        .then(pl.lit(EDUCATION_ENDED))
        .otherwise(rose)
    )


def _why(tonight: LedgerInputs, before: CutOff) -> pl.Expr:
    """The reason in a sentence; reads ``came_because``. ``before``: the cut-off of the last list."""
    words = {
        **_of_the_child(),
        **_of_education(tonight),
        **_of_living_here(),
        **_of_likelihood(tonight.settings.list_from, before.list_from),
    }
    return pl.coalesce(*(pl.when(pl.col("came_because") == name).then(text) for name, text in words.items()))


def _of_the_child() -> dict[str, pl.Expr]:
    """In words: who the child is, as records, age and officers say."""
    from_whom = pl.coalesce(pl.when(pl.col("off_because") == MERGED).then("other_child_id"), "parted_from")
    return {
        NOT_KNOWN_BEFORE: pl.lit("No agency had sent a record of this child before."),
        PARTED: formatted("The records were child {}'s before.", from_whom),
        CAME_OF_AGE: formatted("Of compulsory school age from {}.", day(starts_on(_born()))),
        CONTRADICTED: pl.col("back_because"),
        NOT_THE_SAME: pl.lit("This is no longer likely to be the same child as one in education."),
        RECORDS_BACK: pl.lit("Records of the child are being sent again."),
        WAITED: pl.lit("The authority's own waiting time has passed, or the child is at high risk."),
        DEATH_TAKEN_BACK: pl.lit("No record that is certainly this child's says now that the child has died."),
    }


def _of_education(tonight: LedgerInputs) -> dict[str, pl.Expr]:
    """In words: which education has ended, or is shown no longer or less surely."""
    was_educated = pl.col("off_because") == IN_EDUCATION
    ended_on = pl.coalesce(pl.when(was_educated).then("proof_until"), "ended_on")
    ended_record = pl.coalesce(pl.when(was_educated).then("record_id"), "ended_record")
    is_sent_no_more = pl.col("proof_child").is_null()
    is_aside = pl.col("record_id").is_in(tonight.set_aside.drop_nulls().implode())
    anothers = masked_keys(pl.col("record_id"))  # the other child may be one whom a source protects
    proof_gone = (
        pl.when(is_sent_no_more & is_aside)
        .then(formatted("Record {}, which had shown an education, was set aside: ask its sender first.", "record_id"))
        .when(is_sent_no_more)
        .then(formatted("Record {}, which had shown an education, is no longer sent.{}", "record_id", _as_shown()))
        .otherwise(formatted("Record {}, which had shown an education, is now child {}'s.", anothers, "proof_child"))
    )
    return {
        VANISHED: formatted("The child's entry has vanished from {} with no readable leaving date.", "vanished_of"),
        EDUCATION_ENDED: formatted("The education of record {} ended on {}.", ended_record, day(ended_on)),
        PROOF_GONE: proof_gone,
        LESS_SURE: _less_sure(),
        NOT_TAKEN_UP: pl.lit(
            "No roll shows the place accepted for after the holidays, or that place is no longer due."
        ),
    }


def _of_living_here() -> dict[str, pl.Expr]:
    """In words: how likely it is that the child lives here, and who saw the child last."""
    as_it_ended = pl.when(pl.col("ended_on") == pl.col("last_seen_on")).then(pl.lit(", as an education ended"))
    seen = formatted(
        " Last seen on {} ({}){}.", day(pl.col("last_seen_on")), pl.col("last_seen_by"), as_it_ended.fill_null("")
    ).fill_null("")
    news = seen + formatted(" {}", "moved").fill_null("")
    how_likely = chance(pl.col("living_here"))
    lives_here = formatted("There is now {} that the child lives here.", how_likely) + news
    to_check = "There is {} that the child lives here, but nobody has found where they are.{}"
    return {SEEN_AGAIN: lives_here, LIVES_HERE: lives_here, TO_CHECK: formatted(to_check, how_likely, news)}


def _of_likelihood(list_from: float, list_from_before: float) -> dict[str, pl.Expr]:
    """In words: what the likelihood is now, and the cut-off; ``list_from_before``: that of the last list."""
    now = in_100(pl.col("likelihood"))
    return {
        CUT_OFF_LOWERED: formatted(
            "The likelihood is {}. The cut-off is now {}; for the last list it was {}.",
            now,
            in_100(pl.lit(list_from)),
            in_100(pl.lit(list_from_before)),
        ),
        RECALIBRATED: formatted(
            "From the records alone the likelihood is {}; allowing for what officers found on earlier leads, {}.",
            in_100(pl.col("estimated")),
            now,
        ),
        ROSE: _rose(),
    }


def _rose() -> pl.Expr:
    """In words: how likely the lead is now and, if that is known, was on the night of the last list, and what moved it."""
    now = in_100(pl.col("likelihood"))
    told = formatted("The likelihood rose from {} to {}. {}", in_100(pl.col("likelihood_then")), now, "moved")
    has_risen = pl.col("likelihood") > pl.col("likelihood_then")
    return pl.coalesce(pl.when(has_risen).then(told), formatted("The likelihood is now {}.", now)) + _as_shown()


def _as_shown() -> pl.Expr:
    """The education by which the last list explained the child, in a sentence, as nothing shows it now; empty: it did not."""
    return formatted(" On the last list the child was in education: {}.", "shown").fill_null("")


def _less_sure() -> pl.Expr:
    """In words: how likely the record is the child's, if that has changed, or the doubt about its entry, or else the
    likelihood."""
    now, before = chance(pl.col("proof_sure")), in_100(pl.col("link_probability"))
    likelihood = formatted(". The likelihood is now {}.", in_100(pl.col("likelihood")))
    return formatted(
        "Record {} shows an education, and there is {} that it is this child's", pl.col("record_id"), now
    ) + (
        pl.when(in_100(pl.col("proof_sure")) != before)
        .then(formatted("; before, it was {}.", before))
        .otherwise(pl.coalesce(formatted(". It is in doubt: {}.", pl.col("proof_doubt")), likelihood))
    )

"""The ledger: the life of every child who was ever on the list, from night to night.

A child leaves the list for a recorded reason, or the night fails: nobody leaves it silently. A child whom an officer has in
hand stays in view until an officer closes the lead (Children missing education, statutory guidance for local authorities:
nobody comes off before enquiries are complete or education is confirmed). So does a child whose records are missing from an
incomplete file, until the file is complete, and one that is found to be another child in education though nothing new was told
of either, until something is. Ids of children are followed through merges, so that a lead continues under the
id that its records have now.

Tonight's list is compared with the last one *published*: a night that never reached its readers is undone, and so is an
earlier run of the same night.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from pipelines.children.facts import without_first_of_month
from pipelines.children.members import join_by_child
from pipelines.counted import first_of
from pipelines.decisions.outcomes import OPENING, open_enquiries
from pipelines.failure import INTERNAL_ERROR, NightFailed
from pipelines.intake.in_figures.figures import KEPT_DAYS
from pipelines.ledger.came_on_list import FIRST_NIGHT, why_came
from pipelines.ledger.ledger_inputs import LedgerInputs
from pipelines.ledger.left_list import IN_VIEW, LEFT, LISTED, CutOff, why_off
from pipelines.ledger.list_changes import BEFORE, list_changes
from pipelines.ledger.successor import current_child_ids
from pipelines.ledger.unconfirmed import NEWS
from pipelines.ledger.what_moved import what_moved
from pipelines.listing.likelihood import with_age
from pipelines.record_ids import one_row_a_record
from pipelines.tables import LEAD, LEAD_NIGHT, LIST_CHANGE, LIST_NIGHT, WHY_OFF

IN_HAND = "taken in hand by an officer"
"""``LEAD.came_because`` of a child in view who was never on the list."""

EVERY_NIGHT_DAYS = 60
"""``LEAD_NIGHT`` keeps every night of the last two months; of earlier nights, those with another likelihood or lane."""

WHO = ("forename", "surname", "date_of_birth", "born_in", "records")
SHOWN_OF_A_NIGHT = ("lane", "rank", "likelihood", "on_no_roll", "living_here", "of_age", "priority")


@dataclass(frozen=True)
class Ledger:
    """The ledger's tables: ``LEAD``, ``LEAD_NIGHT``, ``LIST_NIGHT`` and tonight's ``LIST_CHANGE``."""

    leads: pl.DataFrame
    leads_before: pl.DataFrame
    """``LEAD`` as it was after the last published list before tonight's."""
    nights: pl.DataFrame
    lists: pl.DataFrame
    changes: pl.DataFrame

    @classmethod
    def empty(cls) -> "Ledger":
        """Before the first night."""
        return cls(*(schema.to_frame() for schema in (LEAD, LEAD, LEAD_NIGHT, LIST_NIGHT, LIST_CHANGE)))


def keep_ledger(kept: Ledger, tonight: LedgerInputs) -> Ledger:
    """The ledger after tonight. An earlier run of the same night, and nights that were not published, are undone.

    A night for a date before the last published one, run again by hand, leaves the ledger as it is: time runs one way.
    Raises :class:`~pipelines.failure.NightFailed` where a child is off the list without a reason.
    """
    as_at = tonight.as_at
    if _is_past(kept.lists, as_at):
        return Ledger(kept.leads, kept.leads_before, kept.nights, kept.lists, LIST_CHANGE.to_frame())
    before = rewound(kept, as_at)
    last = before.lists.filter(pl.col("as_at") == pl.col("as_at").max())
    leads = _without_former(_of_protected(_next_leads(before.leads, tonight, last), tonight), tonight.withheld)
    row = {
        "as_at": as_at,
        "before_on": next(iter(last["as_at"]), None),
        "list_from": tonight.settings.list_from,
        "estimate_from": CutOff.of(tonight.settings).estimate_from,
        "listed": tonight.candidates.height,
        "published_at": None,
    }
    here = pl.DataFrame([row], schema=LIST_NIGHT)
    listed = leads.filter(state=LISTED)
    nights = listed.select("child_id", *SHOWN_OF_A_NIGHT, as_at=pl.lit(as_at)).select(LEAD_NIGHT.names())
    kept_from = as_at - timedelta(days=KEPT_DAYS)
    ended = pl.col("left_on")
    return Ledger(
        leads=leads.filter(ended.is_null() | (ended >= kept_from)).select(LEAD.names()).cast(LEAD),
        leads_before=_without_former(before.leads, tonight.withheld),
        nights=thinned_nights(pl.concat([before.nights, nights]), as_at),
        lists=pl.concat([before.lists, here]).filter(pl.col("as_at") >= kept_from),
        changes=list_changes(leads) if last.height else LIST_CHANGE.to_frame(),
    )


def _of_protected(leads: pl.DataFrame, tonight: LedgerInputs) -> pl.DataFrame:
    """``leads``, restricted where the record that took a child off the list is now a protected child's: what was said of it
    would reveal where that child goes to school."""
    is_theirs = pl.col("child_id").is_in(tonight.protected.implode())
    records = tonight.child_records.filter(is_theirs)["record_id"]
    known = pl.col("record_id").is_in(records.implode()).fill_null(value=False)
    return leads.with_columns(restricted=pl.col("restricted") | known)


def _without_former(leads: pl.DataFrame, withheld: pl.Series) -> pl.DataFrame:
    """``leads`` without names and birth dates from before an adoption; such leads are for the restricted role only."""
    if withheld.is_empty():
        return leads
    is_former = pl.col("records").str.split(";").list.eval(pl.element().is_in(withheld.implode())).list.any()
    nothing = [
        pl.when(~is_former.fill_null(value=False)).then(name).alias(name)
        for name in ("forename", "surname", "date_of_birth", "born_in")
    ]
    return leads.with_columns(*nothing, restricted=pl.col("restricted") | is_former.fill_null(value=False))


def thinned_nights(nights: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``LEAD_NIGHT`` with every night of the last ``EVERY_NIGHT_DAYS`` and, before that, only nights with a change from the
    night before; nothing older than ``KEPT_DAYS``. By night and rank."""
    ordered = nights.filter(pl.col("as_at") >= as_at - timedelta(days=KEPT_DAYS)).sort("child_id", "as_at")
    state = pl.struct("lane", pl.col("likelihood").round(2))
    is_same = (state == state.shift()) & (pl.col("child_id") == pl.col("child_id").shift())
    is_recent = pl.col("as_at") > as_at - timedelta(days=EVERY_NIGHT_DAYS)
    return ordered.filter(is_recent | ~is_same.fill_null(value=False)).sort("as_at", "rank")


def published(lists: pl.DataFrame, as_at: date, published_at: object) -> pl.DataFrame:
    """``LIST_NIGHT`` with the night of ``as_at`` marked as published."""
    is_it = pl.col("as_at") == as_at
    at = pl.when(is_it).then(pl.lit(published_at)).otherwise("published_at").alias("published_at")
    return lists.with_columns(at).cast(LIST_NIGHT)


def _is_past(lists: pl.DataFrame, as_at: date) -> bool:
    """Whether a list for a later date has been published."""
    return not lists.filter(pl.col("published_at").is_not_null() & (pl.col("as_at") > as_at)).is_empty()


def rewound(kept: Ledger, as_at: date) -> Ledger:
    """The ledger as it was after the last published list before ``as_at``."""
    lists = kept.lists.filter(pl.col("published_at").is_not_null() & (pl.col("as_at") < as_at))
    stands = lists.height == kept.lists.height
    nights = kept.nights.join(lists.select("as_at"), on="as_at", how="semi") if not stands else kept.nights
    leads = kept.leads if stands else kept.leads_before
    return Ledger(leads, leads, nights, lists, LIST_CHANGE.to_frame())


def _next_leads(before: pl.DataFrame, tonight: LedgerInputs, last: pl.DataFrame) -> pl.DataFrame:
    """``LEAD`` after tonight; live leads also have ``was``, ``<name>_before`` for each of ``BEFORE``, and ``moved`` (what moved
    the likelihood; null: not known)."""
    candidates = with_age(tonight.candidates)
    since = pl.lit(value=True) if last.is_empty() else pl.col("as_at") > last["as_at"].item()
    ids = current_child_ids(before, tonight.child_moves.filter(since), tonight.child_records)
    leads = before.with_row_index("lead").join(ids, on=["child_id", "spell"], how="left", validate="1:1")
    live, past = leads.filter(pl.col("state") != LEFT), leads.filter(pl.col("state") == LEFT)
    opened = _opened(tonight)
    goes_on = (pl.col("continues") & pl.col("now_id").is_in(candidates["child_id"].implode())).fill_null(value=False)
    still = _still_listed(live.filter(goes_on), candidates, tonight, last)
    gone = _off_the_list(live.filter(~goes_on), opened, tonight, last)
    come = candidates.join(still.select("child_id"), on="child_id", how="anti")
    fresh = _come(come, past, tonight, last)
    known = pl.concat([still["child_id"], fresh["child_id"], gone.filter(state=IN_VIEW)["child_id"]])
    in_hand = _in_hand(opened.filter(~opened.is_in(known.implode())), tonight)
    lost = live.filter(~pl.col("lead").is_in(pl.concat([still["lead"], gone["lead"]]).implode()))
    if lost.height:
        raise _silently_gone(lost["child_id"].to_list())
    parts = (part.select(pl.exclude("now_id", "continues", "lead")) for part in (past, still, gone, fresh, in_hand))
    return _numbered(pl.concat(parts, how="diagonal"))


def _numbered(leads: pl.DataFrame) -> pl.DataFrame:
    """``leads`` with spells numbered from 1 for each child, in the order in which they ended; the live one is last."""
    order = leads.sort("child_id", "left_on", "spell", nulls_last=True)
    return order.with_columns(spell=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("child_id"))


def _still_listed(
    listed: pl.DataFrame, candidates: pl.DataFrame, tonight: LedgerInputs, last: pl.DataFrame
) -> pl.DataFrame:
    """Live leads that are on tonight's list, under tonight's id."""
    shown = _shown(candidates, tonight)
    was = [pl.col(name).alias(f"{name}_before") for name in BEFORE]
    before = listed.with_columns(*was, was_restricted="restricted").drop(set(shown.columns) - {"child_id"})
    now_named = listed.with_columns(child_id="now_id")
    came = _why_came(now_named.filter(state=IN_VIEW), tonight, last)
    since = next(iter(last["as_at"]), tonight.as_at)
    moved = what_moved(
        now_named, candidates, tonight.child_records, tonight.snapshot, since, families=tonight.news_of_families
    )
    return (
        join_by_child(_renamed(before), shown, came, moved.select("child_id", "moved"))
        .with_columns(pl.lit(None, kind).alias(name) for name, kind in (*WHY_OFF.items(), ("off_on", LEAD["off_on"])))
        .with_columns(
            was="state",
            state=pl.lit(LISTED),
            first_listed_on=pl.col("first_listed_on").fill_null(tonight.as_at),
            last_listed_on=pl.lit(tonight.as_at),
            came_because=pl.coalesce("came_because_now", "came_because"),
            came_why=pl.coalesce("came_why_now", "came_why"),
            restricted=pl.col("restricted") | pl.col("was_restricted"),
        )
    )


def _shown(candidates: pl.DataFrame, tonight: LedgerInputs) -> pl.DataFrame:
    """What a lead keeps of its last night on the list, by ``child_id``."""
    return candidates.select("child_id", *SHOWN_OF_A_NIGHT, *WHO, restricted=tonight.is_protected)


def _renamed(leads: pl.DataFrame) -> pl.DataFrame:
    """Leads under tonight's id; an earlier id is added to ``former_ids``."""
    is_new = pl.col("now_id") != pl.col("child_id")
    former = pl.concat_str("former_ids", pl.when(is_new).then("child_id"), separator=";", ignore_nulls=True)
    return leads.with_columns(former_ids=former.replace("", None), child_id="now_id")


def _off_the_list(off: pl.DataFrame, opened: pl.Series, tonight: LedgerInputs, last: pl.DataFrame) -> pl.DataFrame:
    """Live leads that are off tonight's list: left, or in view, with the reason. Raises NightFailed where there is none."""
    cut_off = CutOff.of(tonight.settings) if last.is_empty() else CutOff.of_list_night(last)
    reasons = why_off(off, tonight, cut_off, next(iter(last["as_at"]), None))
    unexplained = reasons.filter(pl.col("off_because").is_null())
    silent = off.filter(state=LISTED).join(unexplained, on=["child_id", "spell"], how="semi")
    if silent.height:
        raise _silently_gone(silent["child_id"].to_list())
    kept = {name: f"{name}_was" for name in WHY_OFF}
    both = off.rename(kept).join(reasons, on=["child_id", "spell"], how="left", validate="1:1", maintain_order="left")
    has_reason = pl.col("off_because").is_not_null()
    is_open = pl.coalesce("now_id", "child_id").is_in(opened.implode()) & (
        pl.col("continues") | pl.col("now_id").is_null()
    )
    # The reason is told in the words of what explains the child that has its records now.
    goes_on_protected = pl.col("now_id").is_in(tonight.protected.implode())
    # Without news the two may be parted again: the lead keeps its own id.
    is_unconfirmed = (pl.col("waits_for") == NEWS).fill_null(value=False) & ~is_open
    state = pl.when(is_open | pl.col("waits_for").is_not_null()).then(pl.lit(IN_VIEW)).otherwise(pl.lit(LEFT))
    return (
        both.with_columns(pl.when(has_reason).then(name).otherwise(was).alias(name) for name, was in kept.items())
        .drop(kept.values())
        .with_columns(was="state", state=state, off_on=pl.col("off_on").fill_null(tonight.as_at))
        .with_columns(restricted=pl.col("restricted") | goes_on_protected.fill_null(value=False))
        .with_columns(
            left_on=pl.when(pl.col("state") == LEFT).then(pl.lit(tonight.as_at)),
            now_id=pl.when((pl.col("state") == IN_VIEW) & ~is_unconfirmed).then("now_id").fill_null(pl.col("child_id")),
        )
        .pipe(_renamed)
    )


def _silently_gone(children: Sequence[str]) -> NightFailed:
    """The failure for children who were on the last list and are off tonight's without a reason."""
    return NightFailed(
        f"{len(children)} of the children on the last list are not on tonight's, and nothing says why: "
        f"{first_of(sorted(children))}. No list is published, and the last one stays in use. This is a fault in the "
        "software: report this message to whoever maintains it.",
        exit_code=INTERNAL_ERROR,
    )


def _come(come: pl.DataFrame, past: pl.DataFrame, tonight: LedgerInputs, last: pl.DataFrame) -> pl.DataFrame:
    """New spells of candidates who were not on the last list."""
    earlier = past.with_columns(child_id=pl.coalesce("now_id", "child_id")).sort("left_on", "spell")
    latest = earlier.unique("child_id", keep="last", maintain_order=True)
    asked = come.select("child_id").join(latest.drop("now_id"), on="child_id", how="left", validate="1:1")
    came = _why_came(asked, tonight, last)
    was = latest.select("child_id", was="state", was_restricted="restricted")
    return join_by_child(_shown(come, tonight), came, was).with_columns(
        spell=pl.lit(0, pl.Int64),
        state=pl.lit(LISTED),
        first_listed_on=pl.lit(tonight.as_at),
        last_listed_on=pl.lit(tonight.as_at),
        came_because="came_because_now",
        came_why="came_why_now",
        restricted=pl.col("restricted") | pl.col("was_restricted").fill_null(value=False),
    )


def _why_came(come: pl.DataFrame, tonight: LedgerInputs, last: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``came_because_now``, ``came_why_now`` of candidates; all ``FIRST_NIGHT`` on the first night."""
    if last.is_empty():
        because, why = pl.lit(FIRST_NIGHT), pl.lit("On the first list.")
        return come.select("child_id", came_because_now=because, came_why_now=why)
    asked = come.select("child_id", "off_because", "record_id", "link_probability", "other_child_id", "last_listed_on")
    return why_came(asked, tonight, last).rename({"came_because": "came_because_now", "came_why": "came_why_now"})


def _opened(tonight: LedgerInputs) -> pl.Series:
    """child_id of every child whom an officer has in hand, even if no record of it is left tonight."""
    here = open_enquiries(tonight.outcomes, tonight.child_records, tonight.as_at)["child_id"]
    in_hand = tonight.outcomes_standing.filter(pl.col("outcome").is_in(OPENING))["child_id"]
    return pl.concat([here, in_hand]).unique().sort()


def _in_hand(opened: pl.Series, tonight: LedgerInputs) -> pl.DataFrame:
    """Spells in view of children who are on no list but whom an officer has in hand."""
    known = without_first_of_month(tonight.facts_of(opened)).select("child_id", *WHO, restricted=tonight.is_protected)
    blank = pl.concat([LEAD.to_frame(), known, _without_records(opened, tonight)], how="diagonal")
    is_known = pl.col("child_id").is_in(known["child_id"].implode())
    asked = blank.with_columns(
        spell=pl.lit(0, pl.Int64), state=pl.lit(IN_VIEW), now_id=pl.when(is_known).then("child_id")
    )
    reasons = why_off(asked, tonight, CutOff.of(tonight.settings))
    return (
        asked.drop(WHY_OFF.names())
        .join(reasons, on=["child_id", "spell"], how="left", validate="1:1")
        .with_columns(
            came_because=pl.lit(IN_HAND),
            came_why=pl.lit("An officer is looking into this."),
            off_on=pl.lit(tonight.as_at),
        )
    )


def _without_records(opened: pl.Series, tonight: LedgerInputs) -> pl.DataFrame:
    """``child_id``, ``records``, ``restricted`` of children without any record left: all that the officer's outcome tells.

    Nobody can say any longer whether such a child was protected, so it is taken to be. A child whose records are another
    child's tonight is left out: it continues as that child.
    """
    asked = tonight.outcomes_standing.filter(pl.col("child_id").is_in(opened.implode())).select("child_id", "records")
    left = one_row_a_record(asked, "child_id").join(tonight.child_records, on="record_id", how="semi")
    return (
        asked.join(left, on="child_id", how="anti")
        .join(tonight.child_records, on="child_id", how="anti")
        .with_columns(restricted=pl.lit(True))
    )

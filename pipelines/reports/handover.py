"""What another authority needs to take over a child, and no more: who the child is, where it lived, where it went to
school.

In Wales the pilot regulations gave 28 days from the day on which a move is known (WSI 2025/440, regulation 6). Left out are
the list's likelihood and points, health registrations, concerns in words, and anything about other children.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from data_contracts.rules import WITHHELD
from pipelines.children.exchanged_births import records_by_age
from pipelines.children.facts import child_facts
from pipelines.decisions.append_only import append_only
from pipelines.decisions.outcomes import outcomes_by_current_child
from pipelines.listing.masking import MASKED_READS, masked_list
from pipelines.listing.route import ADOPTION, routes
from pipelines.priority import social_care
from pipelines.priority.circumstances import Circumstances
from pipelines.reasons import with_commas
from pipelines.reports.explain import child_of
from pipelines.residence.contact import SEEN, without_letters
from pipelines.settings import SettingsError
from pipelines.tables.night import judged_on

HANDOVER_READS = ("night", *MASKED_READS, "provision", "residence")
HANDOVERS_FILE, HANDOVERS_FOLDER = "handovers.sqlite", "handovers"
TABLES = {
    "handover": "child_id text not null, to_authority text not null, by text not null, at text not null, "
    "is_protected integer not null"
}
WITHIN = timedelta(days=28)
TO_OTHER_AUTHORITY = ("MOVED_OTHER_LA_CONFIRMED", "ON_ROLL_OTHER_LA")
"""Outcomes from whose day the 28 days run."""


@dataclass(frozen=True)
class Handover:
    """One packet. For a protected child, address, school, carers and telephones are withheld; so are the days on which it was
    last seen and left school (null)."""

    to_authority: str
    from_authority: str | None
    as_at: date
    """The night that it is from."""
    forename: str | None
    surname: str | None
    other_surnames: str | None
    """Former and other surnames that records give, separated by "; "."""
    date_of_birth: date | None
    born_in: str | None
    """The month (2014-03) or year (2014) of birth where no record gives the day; null: one does, or nothing is known."""
    sex: str | None
    upn: str | None
    """Unique pupil number; null: no record has one."""
    last_address: str | None
    last_postcode: str | None
    last_seen_on: date | None
    """The last day on which anybody here saw the child; null: nobody did, or only a letter to everybody is dated."""
    last_education: str | None
    """What it was, and where."""
    education_ended_on: date | None
    education_holds: bool
    """Whether that education still holds; always false for a protected child."""
    carers: str | None
    """Names that records give, separated by "; "."""
    phones: str | None
    social_care_involved: bool
    """Whether the receiving authority should ask our social care first."""
    moved_on: date | None
    """Day on which an officer found that the child had moved; null: no outcome says so, or a later one says something else."""
    due_on: date | None
    """28 days after that."""
    is_protected: bool


def handover(
    identifier: str,
    tables: Mapping[str, pl.DataFrame],
    outcomes: pl.DataFrame,
    *,
    to_authority: str,
    from_authority: str | None,
) -> Handover:
    """The packet of a child, given by its id or one of its records. ``tables``: those of ``HANDOVER_READS``.

    Raises :class:`~pipelines.reports.explain.UnknownIdentifierError`, and :class:`SettingsError` for a child whom only the
    adoption team may pass on.
    """
    child_id = child_of(identifier, tables["child_record"])
    members = tables["child_record"].filter(pl.col("child_id") == child_id)
    as_at = judged_on(tables)
    person = records_by_age(tables["person_record"]).join(members.select("record_id"), on="record_id", how="semi")
    contact = without_letters(tables["statement"], members, tables["residence"])
    statements = contact.join(members.select("record_id", "child_id"), on="record_id", how="inner")
    facts = child_facts(person, tables["statement"], members, as_at).row(0, named=True)
    circumstances = _circumstances(child_id, facts["date_of_birth"], statements, tables["provision"], as_at)
    if ADOPTION in routes(circumstances)["route"]:
        raise SettingsError("This child is a matter for the adoption team: no packet is made. Ask that team.")
    is_protected = child_id in masked_list(tables).protected
    moved = _moved_on(child_id, outcomes, tables["child_record"])
    whole = _packet(facts, person, circumstances)
    places = {name: WITHHELD for name in _PLACES if whole[name] is not None}
    shown: dict[str, str | None] = places | dict.fromkeys(_DAYS) if is_protected else {}
    whole["education_holds"] &= not is_protected
    return Handover(
        **{**whole, **shown},
        to_authority=to_authority,
        from_authority=from_authority,
        as_at=as_at,
        moved_on=moved,
        due_on=None if moved is None else moved + WITHIN,
        is_protected=is_protected,
    )


_PLACES = ("last_address", "last_postcode", "last_education", "carers", "phones")
"""What is withheld for a protected child."""
_DAYS = ("last_seen_on", "education_ended_on")
"""Days that would say to whoever knows the family where the child was; withheld too, as on the list."""


def _circumstances(
    child_id: str, born: date | None, statements: pl.DataFrame, provision: pl.DataFrame, as_at: date
) -> Circumstances:
    births = pl.DataFrame(
        {"child_id": [child_id], "date_of_birth": [born]}, schema={"child_id": pl.String, "date_of_birth": pl.Date}
    )
    return Circumstances(statements, provision.filter(pl.col("child_id") == child_id), births, as_at)


def _moved_on(child_id: str, outcomes: pl.DataFrame, child_records: pl.DataFrame) -> date | None:
    found = outcomes_by_current_child(outcomes, child_records).filter(pl.col("child_id") == child_id)
    moved = found.filter(pl.col("outcome").is_in(TO_OTHER_AUTHORITY))["outcome_on"]
    return moved[0] if moved.len() else None


def _packet(facts: Mapping[str, Any], person: pl.DataFrame, circumstances: Circumstances) -> dict[str, Any]:
    """What is known of the child, unmasked."""
    is_seen = (pl.col("kind") == SEEN) & (pl.col("since_on") <= circumstances.as_at)
    ends_on = pl.col("until_on").fill_null(date.max)
    known = circumstances.begun_provision().sort(
        "is_current", ends_on, "since_on", "record_id", "what", nulls_last=False
    )
    last = known.row(-1, named=True) if known.height else dict.fromkeys(known.columns)
    carer = pl.concat_str("parent_forename", "parent_surname", separator=" ", ignore_nulls=True)
    carers = person.select(carer.str.to_titlecase())
    others = person["surname_shown"].drop_nulls().to_list()
    upns = person.drop_nulls("upn").sort("dataset", "record_id")["upn"]
    return {
        "forename": facts["forename"],
        "surname": facts["surname"],
        "other_surnames": _each_once([name for name in others if name != facts["surname"]]),
        "date_of_birth": None if facts["born_in"] else facts["date_of_birth"],
        "born_in": facts["born_in"],
        "sex": facts["sex"],
        "upn": upns[0] if upns.len() else None,
        "last_address": facts["address"],
        "last_postcode": facts["postcode"],
        "last_seen_on": circumstances.statements.filter(is_seen)["since_on"].max(),
        "last_education": with_commas(last["what"], last["place"]) or None,
        "education_ended_on": last["until_on"],
        "education_holds": bool(last["is_current"]),
        "carers": _each_once(carers.to_series().to_list()),
        "phones": _each_once(person["phone"].to_list()),
        "social_care_involved": bool(circumstances.open_concerns(social_care.NAMED).height),
    }


def _each_once(values: list[str | None]) -> str | None:
    """Each value once, sorted, separated by "; "; null: none."""
    return "; ".join(sorted({value for value in values if value})) or None


def note_handover(workspace: Path, child_id: str, packet: Handover, by: str) -> None:
    """Keep for good that a packet was made: about whom, for whom, by whom and when. Raises SettingsError, RecordsError."""
    if not by.strip() or not packet.to_authority.strip():
        raise SettingsError("--to and --by: name the authority that receives the packet, and the person who makes it.")
    row = (child_id, packet.to_authority, by.strip(), datetime.now(UTC).isoformat(), int(packet.is_protected))
    with append_only(workspace / HANDOVERS_FILE, TABLES) as connection:
        connection.execute("insert into handover values (?, ?, ?, ?, ?)", row)

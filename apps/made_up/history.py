"""A made-up authority from night to night: who came, left, moved and was seen; clerks' slips and corrections.

>>> made = make_authority(folder, children=20_000, seed=1, as_at=first)
>>> begin_history(folder, seed=1, as_at=first)       # holds some children and rows back, to come later
>>> move_on(folder, seed=1, as_at=first + one_day)   # the next night's extracts, and the truth with them
>>> deliver(folder, into, late=("health",))          # as they arrive: yesterday's file again, a bad one, none

The same arguments give the same bytes. ``truth/events.csv`` says what happened to which record of which child on which night.
"""

import shutil
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import numpy as np
import polars as pl

from apps.made_up.books import LAYOUT_OF, file_of, is_open, judge_truth, read_books, write_books
from apps.made_up.draws import stream
from apps.made_up.layouts import ISO, LAYOUTS, PLAIN, UK
from apps.made_up.night_under_way import EVENT, ROLL, Night
from apps.made_up.school_year import in_session, turn_school_year
from apps.made_up.slips import misspelt

SHARE = 0.01
"""Share of the rows that change from one night to the next."""
CHILDREN_TO_COME, ROWS_TO_COME = 0.03, 0.12
"""Shares held back at the beginning: of children, so that nobody knows them yet, and of rows of the smaller lists."""

WRITTEN = {
    ROLL: ("Surname", "Forename", "BirthDate", "Postcode"),
    "health": ("FamilyName", "GivenNames", "BirthDate", "Postcode"),
    "admissions": ("ChildSurname", "ChildForename", "DateOfBirth", "Postcode"),
    "social_care": ("Surname", "Forename", "DateOfBirth", "Postcode"),
}
"""What a clerk may misspell and correct: surname, forename, birth date, postcode."""
BIRTH_STYLE = {ROLL: ISO, "health": PLAIN, "admissions": UK, "social_care": UK}
HOME = {
    ROLL: ("SAON", "PAON", "Street", "Town", "Postcode", "UPRN"),
    "health": ("AddressLine1", "AddressLine2", "Postcode"),
}
"""Address columns of the sources that hear of a move."""
SCHOOL = ("LEA", "Estab", "URN", "SchoolName")
SMALLER = (
    *("admissions", "ehe_register", "alternative_provision", "independent_schools"),
    *("other_la", "social_care", "referrals", "lost_pupils"),
)
SIGHTED = (("health", "LastContact", ISO, 0.75), ("housing", "LastVerified", UK, 0.25))
"""Source, column, form and share of the children seen on a night whose new date of contact it gives."""
LEFT_AREA = (
    (ROLL, "LeavingDate", ISO, 1.0),
    ("housing", "TenancyEnd", UK, 0.7),
    ("health", "DeductionDate", ISO, 0.33),
)
"""Source, column, form and share of the children who leave the area of whom it hears at once."""
TO_COME, SLIP, MERGED, VANISHED = "to come", "slip", "merged by the agency", "vanished from the roll"
"""Why a row is held back. For a slip, the row held is the one before it."""


def _sighted(night: Night, count: int) -> None:
    """Agencies see children again: the same row with a newer date."""
    for source, column, style, share in SIGHTED:
        frame = night.books.rows[source]
        ended = frame["DeductionDate" if source == "health" else "TenancyEnd"].is_not_null()
        at = night.some(night.are(frame, pl.col("resident") == 1) & ~ended, round(count * share))
        ago = night.dice.integers(0, 4, size=len(at))
        night.edit(source, at, {column: [(night.as_at - timedelta(days=int(n))).strftime(style) for n in ago]})


def _slipped(night: Night, count: int) -> None:
    """A clerk retypes a name, birth date or postcode, with a slip."""
    drawn = night.dice.multinomial(count, [0.4, 0.4, 0.1, 0.1])
    random = Random(int(night.dice.integers(2**62)))
    for (source, columns), rows in zip(WRITTEN.items(), drawn, strict=True):
        frame, key = night.books.rows[source], LAYOUT_OF[source].key
        is_right = ~frame[key].is_in(night.books.held[source].filter(why=SLIP)[key].implode())
        column = columns[int(night.dice.choice(4, p=[0.35, 0.35, 0.15, 0.15]))]
        at = night.some(is_right & frame[column].is_not_null(), int(rows))
        night.hold(source, frame[at], SLIP)
        wrong = [misspelt(text, column, BIRTH_STYLE[source], random) for text in frame[column][at]]
        night.edit(source, at, {column: wrong})


def _corrected(night: Night, count: int) -> None:
    """A slip is corrected: the row says again what it said before."""
    for source, columns in WRITTEN.items():
        key, held = LAYOUT_OF[source].key, night.books.held[source]
        frame = night.books.rows[source]
        able = (held["why"] == SLIP) & (held["held_on"] < night.as_at) & held[key].is_in(frame[key].implode())
        right = held[night.some(able, -(-count // 3))]
        order = frame.with_row_index("at").join(right.select(key), on=key, how="inner", maintain_order="left")
        right = order.select(key).join(right, on=key, how="left", maintain_order="left")
        night.edit(source, order["at"].to_numpy().astype(np.int64), {name: right[name].to_list() for name in columns})
        night.books.held[source] = held.filter(~((pl.col("why") == SLIP) & pl.col(key).is_in(right[key].implode())))


def _moved_home(night: Night, count: int) -> None:
    """A child moves to the home of another child: the sources that hear of it show the new home."""
    resident, child = night.books.children["resident"] == 1, pl.col("child_id")
    movers = night.books.children["child_id"][night.some(resident, count // 2)]
    donors = night.books.children["child_id"][night.some(resident, len(movers))]
    pairs = pl.DataFrame({"child_id": movers, "donor": donors[night.dice.permutation(len(donors))]})
    for source, columns in HOME.items():
        frame = night.books.rows[source]
        homes = frame.unique("child_id", keep="first", maintain_order=True).select(child.alias("donor"), *columns)
        moved = pairs.join(homes, on="donor", how="inner", validate="m:1")
        places = frame.with_row_index("at").select("at", "child_id")
        to = places.join(moved, on="child_id", how="inner", validate="m:1", maintain_order="left")
        night.edit(source, to["at"].to_numpy().astype(np.int64), {name: to[name].to_list() for name in columns})


def _on_roll(night: Night) -> pl.Series:
    """Open entries at schools that put pupils on their roll, or take them off, tonight."""
    return is_open(night.books.rows[ROLL], ROLL, night.as_at) & in_session(night)


def _left_roll(night: Night, count: int) -> None:
    """Schools take pupils off the roll, with a leaving date; nobody knows yet where they go."""
    frame = night.books.rows[ROLL]
    began = frame["EntryDate"].str.to_date("%Y-%m-%d", strict=False).fill_null(night.as_at) < night.as_at - timedelta(7)
    at = night.some(_on_roll(night) & began, count)
    ago = night.dice.integers(0, 6, size=len(at))
    night.edit(ROLL, at, {"LeavingDate": [(night.as_at - timedelta(days=int(n))).isoformat() for n in ago]})
    night.tell(frame["child_id"][at], state="cme", reason="left_roll")


def _vanished(night: Night, count: int) -> None:
    """Entries disappear from the roll overnight, without a leaving date; half of these children have left the area."""
    frame = night.books.rows[ROLL]
    at = night.some(_on_roll(night), count)
    child = frame["child_id"][at]
    night.take(ROLL, at, VANISHED)
    away = pl.Series(night.dice.random(len(child)) < 0.5)
    night.tell(child.filter(away), state="gone", reason=None, resident=0)
    night.tell(child.filter(~away), state="cme", reason="left_roll")


def _found_place(night: Night, count: int) -> None:
    """Children without education who were on a roll before start at another school: a new, open row."""
    frame = night.books.rows[ROLL]
    last = frame.with_row_index("at").unique("child_id", keep="last", maintain_order=True)
    able = night.are(last, pl.col("target") == 1)
    own = last[night.some(able, count)]
    donors = frame.filter(_on_roll(night) & frame["EntryDate"].is_not_null())
    if own.is_empty() or donors.is_empty():
        return
    at_school = donors[night.dice.integers(donors.height, size=own.height)]
    ago = night.dice.integers(0, 4, size=own.height)
    entry = [(night.as_at - timedelta(days=int(n))).isoformat() for n in ago]
    open_row = {"LeavingDate": pl.lit(None, pl.String), "EnrolStatus": pl.lit("C")}
    school = {name: at_school[name] for name in SCHOOL}
    night.add(ROLL, own.drop("at").with_columns(pl.Series("EntryDate", entry), **open_row, **school))
    night.tell(own["child_id"], state="state", reason=None)


def _arrived(night: Night, count: int) -> None:
    """Children and rows come that nobody has sent before: those held back at the beginning."""
    waiting = pl.concat([held.filter(why=TO_COME).select("child_id") for held in night.books.held.values()])
    children = waiting["child_id"].unique().sort()
    come = children[night.some(np.ones(len(children), dtype=bool), -(-count // 2))]
    for source in night.books.held:
        night.bring(source, (pl.col("why") == TO_COME) & pl.col("child_id").is_in(come.implode()))


def _left_area(night: Night, count: int) -> None:
    """Children leave the area: the roll says so at once, most tenancies end, a third of the practices hear of it."""
    children = night.books.children
    gone = children["child_id"][night.some(children["resident"] == 1, count // 2)]
    day = night.as_at - timedelta(days=int(night.dice.integers(0, 5)))
    for source, column, style, share in LEFT_AREA:
        frame = night.books.rows[source]
        stands = frame[column].is_null() & frame["child_id"].is_in(gone.implode())
        is_told = stands & pl.Series(night.dice.random(frame.height) < share)
        at = np.flatnonzero(is_told.to_numpy())
        night.edit(source, at, {column: [day.strftime(style)] * len(at)})
    night.tell(gone, state="gone", reason=None, resident=0)


def _came_back(night: Night, count: int) -> None:
    """Children who had left are seen again, without a school; and entries that had vanished from a roll are back."""
    frame = night.books.rows["health"]
    at = night.some(night.are(frame, pl.col("resident") == 0), -(-count // 2))
    child = frame["child_id"][at]
    night.edit("health", at, {"LastContact": [night.iso] * len(at), "DeductionDate": [None] * len(at)})
    night.tell(child, state="cme", reason="moved_in", resident=1)
    held, key = night.books.held[ROLL], LAYOUT_OF[ROLL].key
    again = held[night.some((held["why"] == VANISHED) & (held["held_on"] < night.as_at), count // 2)]
    night.bring(ROLL, (pl.col("why") == VANISHED) & pl.col(key).is_in(again[key].implode()))
    night.tell(again["child_id"], state="state", reason=None, resident=1)


def _merged(night: Night, count: int) -> None:
    """A practice merges two registrations: of one child or, wrongly, of two who share surname and postcode."""
    frame = night.books.rows["health"]
    child = pl.col("child_id")
    home = pl.struct(pl.col("FamilyName").str.to_lowercase(), "Postcode")
    known = pl.all_horizontal(pl.col("FamilyName", "Postcode").is_not_null())
    able = frame.select(
        same=child.is_duplicated() & ~child.is_first_distinct(),
        kin=known & home.is_duplicated() & ~home.is_first_distinct() & ~child.is_duplicated(),
    )
    at = np.union1d(night.some(able["same"], -(-count // 2)), night.some(able["kin"], count // 2))
    night.take("health", at, MERGED)


def _merge_undone(night: Night, count: int) -> None:
    """A practice finds that it merged two children, and separates the registrations again."""
    held, key = night.books.held["health"], LAYOUT_OF["health"].key
    again = held[night.some((held["why"] == MERGED) & (held["held_on"] < night.as_at), count)]
    night.bring("health", (pl.col("why") == MERGED) & pl.col(key).is_in(again[key].implode()))


EVENTS: tuple[tuple[str, float, Callable[[Night, int], None]], ...] = (
    ("sighted", 0.48, _sighted),
    ("slipped", 0.08, _slipped),
    ("corrected", 0.07, _corrected),
    ("moved home", 0.12, _moved_home),
    ("left the roll", 0.04, _left_roll),
    ("vanished from the roll", 0.02, _vanished),
    ("found a place", 0.05, _found_place),
    ("arrived", 0.06, _arrived),
    ("left the area", 0.03, _left_area),
    ("came back", 0.02, _came_back),
    ("merged by the agency", 0.02, _merged),
    ("merge undone", 0.01, _merge_undone),
)
"""What happens in a night, in this order, each with its share of the rows that change."""


def begin_history(folder: Path, *, seed: int, as_at: date) -> None:
    """Hold back some children, and some rows of the smaller lists, from the extracts of a new authority: they come later.

    Call it once, before the first night. It deletes what an earlier history left next to the authority.
    ``as_at``: the date that the authority was made for.
    """
    shutil.rmtree(folder / "truth" / "held", ignore_errors=True)
    (folder / "truth" / "events.csv").unlink(missing_ok=True)
    night = Night(as_at, stream(seed, "held back"), read_books(folder), event="held back")
    everyone = night.books.children["child_id"]
    hidden = everyone[night.some(np.ones(len(everyone), dtype=bool), round(len(everyone) * CHILDREN_TO_COME))]
    for source, frame in night.books.rows.items():
        late = pl.Series(night.dice.random(frame.height) < (ROWS_TO_COME if source in SMALLER else 0.0))
        out = frame["child_id"].is_in(hidden.implode()) | late
        night.take(source, np.flatnonzero(out.to_numpy()), TO_COME)
    _close(night, folder)


def move_on(folder: Path, *, seed: int, as_at: date, share: float = SHARE) -> pl.DataFrame:
    """Turn the extracts and the truth in ``folder`` into those of the next night; returns what happened (``EVENT``).

    About ``share`` (0..1) of the rows change, and what the school year brings on that date. The same books, seed, date and
    share give the same bytes. Files of sources in which nothing happened are not touched.
    """
    night = Night(as_at, stream(seed, f"night {as_at}"), read_books(folder))
    budget = round(share * sum(frame.height for frame in night.books.rows.values()))
    for (name, _, happen), count in zip(EVENTS, night.dice.multinomial(budget, [s for _, s, _ in EVENTS]), strict=True):
        night.event = name
        if count:
            happen(night, int(count))
    turn_school_year(night)
    return _close(night, folder)


def _close(night: Night, folder: Path) -> pl.DataFrame:
    """Write the books and what happened."""
    happened = pl.concat([EVENT.to_frame(), *night.events])
    judge_truth(night.books, night.as_at)
    write_books(night.books, folder, set(happened["source"]))
    path = folder / "truth" / "events.csv"
    earlier = [pl.read_csv(path, schema=EVENT)] if path.exists() else []
    pl.concat([*earlier, happened]).write_csv(path)
    return happened


def deliver(
    folder: Path, into: Path, *, late: Sequence[str] = (), bad: Sequence[str] = (), missing: Sequence[str] = ()
) -> None:
    """Copy the extracts of ``folder`` to ``into``, as they arrive.

    For sources in ``late`` yesterday's file stays there; those in ``bad`` come cut off in the middle of their header; those
    in ``missing`` do not come. Raises ValueError if a source is not known.
    """
    if unknown := {*late, *bad, *missing} - set(LAYOUT_OF):
        raise ValueError(f"no source {', '.join(sorted(unknown))}; choose among {', '.join(LAYOUT_OF)}")
    into.mkdir(parents=True, exist_ok=True)
    for layout in LAYOUTS:
        path, there = file_of(folder / "extracts", layout), file_of(into, layout)
        if layout.source in missing:
            there.unlink(missing_ok=True)
        elif layout.source in bad:
            there.write_bytes(path.read_bytes()[:24])
        elif layout.source not in late:
            shutil.copyfile(path, there)
    for path in sorted((folder / "extracts").glob(f"{ROLL}_*.xml")):
        shutil.copyfile(path, into / path.name)

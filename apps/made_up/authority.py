"""Makes a made-up authority: a folder of extracts as the agencies would send them, and the truth next to it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from apps.made_up import agencies, extracts, lists
from apps.made_up.agencies import World
from apps.made_up.draws import column, stream
from apps.made_up.enrolments import make_enrolments
from apps.made_up.error_rates import ErrorRates
from apps.made_up.layouts import LAYOUTS, Layout
from apps.made_up.lives import live
from apps.made_up.people import make_people
from apps.made_up.records import Numbered, give_numbers, write_down
from apps.made_up.truth import child_ids, make_truth

MOST_CHILDREN = 700_000
"""With more, the NHS numbers reserved for tests would run out."""


@dataclass(frozen=True)
class MadeUp:
    """What was made, and where it is."""

    folder: Path
    extracts: Path
    """Folder of the extracts."""
    records: pl.DataFrame
    """The truth about records: source, source_record_id, child_id."""
    children: pl.DataFrame
    """The truth about children, as in truth/children.csv."""
    rows: dict[str, int]
    """Rows by source."""
    broken: int
    """Rows that break a contract."""

    @property
    def targets(self) -> int:
        """Children whom a perfect linker would list."""
        return int(self.children["target"].sum())


def _agencies_rows(seed: int, world: World, errors: ErrorRates, enrolments: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """What each source knows, before it is written down with errors."""
    census = enrolments.with_columns(
        seen_on=pl.min_horizontal(pl.col("leaving_on").fill_null(world.as_at), pl.lit(world.as_at)),
        home=pl.lit(-1, dtype=pl.Int64),
    )
    smaller = (
        agencies.admissions,
        agencies.housing,
        lists.ehe_register,
        lists.alternative_provision,
        lists.independent_schools,
        lists.other_la,
        lists.social_care,
        lists.referrals,
    )
    rows = {
        "school_census": census,
        "health": agencies.health(stream(seed, "health"), world, errors.double_registration),
    }
    rows |= {source.__name__: source(stream(seed, source.__name__), world) for source in smaller}
    rows["lost_pupils"] = lists.lost_pupils(stream(seed, "lost_pupils"), world, enrolments)
    return {layout.source: rows[layout.source] for layout in LAYOUTS}


def _mend_keys(frame: pl.DataFrame, written: pl.DataFrame, numbered: Numbered) -> pl.DataFrame:
    """Give pupils of an XML school their right UPN where it is missing or makes two keys equal, because it is part of the
    key.
    """
    right = column(numbered.upn[written["child"].to_numpy()])
    doubtful = frame["UPN"].is_null() | extracts.xml_keys(frame).is_duplicated()
    return frame.with_columns(UPN=pl.when(doubtful).then(right).otherwise("UPN"))


def _write_xml(written: pl.DataFrame, world: World, layout: Layout, into: Path, numbered: Numbered) -> pl.DataFrame:
    """Write the files of the schools that send XML; returns the key and child of each row."""
    keys = []
    for _, pupils in written.group_by("school", maintain_order=True):
        frame = _mend_keys(layout.columns(pupils, world), pupils, numbered)
        extracts.write_xml(frame, into / f"school_census_{frame['Estab'][0]}.xml", world.as_at.isoformat())
        keys.append(pl.DataFrame({"key": extracts.xml_keys(frame), "child": pupils["child"]}))
    return pl.concat(keys) if keys else pl.DataFrame(schema={"key": pl.String, "child": pl.Int64})


def _write_source(
    layout: Layout, written: pl.DataFrame, world: World, *, seed: int, into: Path, rate: float
) -> tuple[pl.DataFrame, int]:
    """Write one CSV file or workbook; returns the key and child of each row, and how many rows are broken."""
    dice = stream(seed, f"file {layout.source}")
    frame = extracts.add_keys(dice, layout.columns(written, world), layout)
    if layout.source == "ehe_register":
        extracts.write_xlsx(frame, into / f"{layout.source}.xlsx")
        broken = 0
    else:
        frame, broken = extracts.break_rows(dice, frame, layout, rate)
        extracts.write_csv(frame, into / f"{layout.source}.csv", layout.encoding)
    return pl.DataFrame({"key": frame[layout.key], "child": written["child"]}), broken


def _schools_sending_xml(rows: pl.DataFrame, count: int) -> list[int]:
    """The ``count`` schools nearest to the median number of pupils, whether primary or secondary."""
    sizes = rows.group_by("school").len().sort("len", "school")
    middle = max(0, sizes.height // 2 - count // 2)
    return sizes["school"].to_list()[middle : middle + count]


def make_authority(
    folder: Path,
    *,
    children: int,
    seed: int,
    as_at: date,
    errors: ErrorRates = ErrorRates(),  # noqa: B008 - frozen
    write_xml_for_schools: int = 1,
    cme_rate: float | None = None,
) -> MadeUp:
    """Make an authority of ``children`` children as at a date, and write it to ``folder/extracts`` and
    ``folder/truth``.

    ``cme_rate``: share (0..1) of resident children of compulsory school age who are truly missing education; null: 0.015
    (0.9 % of all children); England's published figure is 0.004. The pupils of ``write_xml_for_schools`` schools are in
    ``school_census_<estab>.xml`` and not in the CSV. The same arguments give the same bytes. Files of an earlier authority
    in the folder are replaced. Raises ValueError if ``children`` or ``cme_rate`` is out of range.
    """
    if not 1 <= children <= MOST_CHILDREN:
        raise ValueError(f"children must lie between 1 and {MOST_CHILDREN}.")
    if cme_rate is not None and not 0.0 <= cme_rate <= 1.0:
        raise ValueError("cme_rate is a share between 0 and 1.")
    people = make_people(seed, children, as_at)
    world = agencies.see(people, live(seed, people, as_at, cme_rate), as_at)
    enrolments = make_enrolments(stream(seed, "rolls"), world.lives, world.born_on, as_at)
    rows = _agencies_rows(seed, world, errors, enrolments)
    numbered = give_numbers(seed, world, enrolments, errors)
    for place in ("extracts", "truth"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    keys, broken = _write_extracts(
        folder / "extracts", world, rows, numbered, seed=seed, errors=errors, xml_schools=write_xml_for_schools
    )
    return _write_truth(folder, world, rows, keys, broken)


def _write_extracts(
    into: Path,
    world: World,
    rows: dict[str, pl.DataFrame],
    numbered: Numbered,
    *,
    seed: int,
    errors: ErrorRates,
    xml_schools: int,
) -> tuple[pl.DataFrame, int]:
    """Write every source's file. Returns whose each row is (``key``, ``child``, ``source``), and how many rows are broken."""
    for old in into.glob("school_census_*.xml"):
        old.unlink()
    keys, broken = [], 0
    for layout in LAYOUTS:
        written = write_down(world, rows[layout.source], numbered, seed=seed, source=layout.source, rates=errors)
        found = pl.DataFrame(schema={"key": pl.String, "child": pl.Int64})
        if layout.source == "school_census":
            by_xml = pl.col("school").is_in(_schools_sending_xml(written, xml_schools))
            found = _write_xml(written.filter(by_xml), world, layout, into, numbered)
            written = written.filter(~by_xml)
        listed, bad = _write_source(layout, written, world, seed=seed, into=into, rate=errors.broken_rows)
        keys.append(pl.concat([found, listed]).with_columns(source=pl.lit(layout.source)))
        broken += bad
    return pl.concat(keys), broken


def _write_truth(folder: Path, world: World, rows: dict[str, pl.DataFrame], keys: pl.DataFrame, broken: int) -> MadeUp:
    children = make_truth(world, rows)
    order = np.argsort(keys["child"].to_numpy(), kind="stable")
    keys = keys[order]
    records = pl.DataFrame(
        {"source": keys["source"], "source_record_id": keys["key"], "child_id": child_ids(keys["child"].to_numpy())},
        schema_overrides={"child_id": pl.String},
    )
    records.write_csv(folder / "truth" / "records.csv")
    children.write_csv(folder / "truth" / "children.csv")
    counts = {source: frame.height for source, frame in rows.items()}
    return MadeUp(folder, folder / "extracts", records, children, counts, broken)

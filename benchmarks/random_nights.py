"""Nights of files as dirty as they come: does a night that works out only what changed publish what a full night does?

    python benchmarks/random_nights.py [--children 1500] [--nights 60] [--seed 1] [--out FILE]

A made-up authority lives on from night to night. Files come in another order, form or encoding, without a column, with rows
lost, twice or broken, or not at all. Settings change, officers and analysts decide, and a date is run again with other files.
Each night is run twice from the same workspace: as every night is, and with everything worked out again (``--full``). Both must
end alike, publish the same bytes and leave the same tables for the nights to come. The results go to
``benchmarks/results/random_nights.md``, or to FILE.
"""

import argparse
import io
import platform
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl
from killed_nights import Hashes, hashes

from apps.made_up.authority import make_authority
from apps.made_up.books import LAYOUT_OF, file_of
from apps.made_up.extracts import write_xlsx
from apps.made_up.history import begin_history, deliver, move_on
from apps.made_up.layouts import Layout
from matching.judgement import ANSWERS
from pipelines.decisions.judgements import JUDGEMENT, add_judgements
from pipelines.decisions.outcomes import ASKED, CODES, add_outcomes
from pipelines.failure import NightFailed
from pipelines.linking.kept_links import KEPT_TABLES
from pipelines.night import run_night
from pipelines.rank_settings import RankSettings
from pipelines.settings import LinkSettings, Settings
from pipelines.store import Store
from pipelines.tables import TABLES

FIRST = date(2024, 11, 25)
"""Long ago, as officers' outcomes may not be of a day to come."""
RESULTS = Path(__file__).parent / "results" / "random_nights.md"
DAYS_ON = (0, 0, 1, 1, 1, 1, 1, 2, 7, 40)
"""Days from one night to the next, drawn with equal chance; 0: the same date again."""
DIRTY = 0.25
"""Share of the files that are not as the layout says."""
MAY_BE_MISSING = ("admissions", "health", "housing", "social_care")
NOT_COMPARED = {"night", "delivery", "list_night", "dated_cell", "linked_record", *KEPT_TABLES}
"""Tables that say when something was, or that the linkage and the intake only keep so as not to work it out again."""

Rows = pl.DataFrame
"""A file's cells as text."""


def _some(rows: Rows, share: float, dice: Random) -> pl.Series:
    """True for about this share of the rows."""
    return pl.Series([dice.random() < share for _ in range(rows.height)], dtype=pl.Boolean)


def _in_other_order(rows: Rows, dice: Random) -> Rows:
    return rows.sample(fraction=1.0, shuffle=True, seed=dice.randrange(10**6))


def _without_a_column(rows: Rows, dice: Random) -> Rows:
    return rows.drop(dice.choice(rows.columns[1:]))


def _with_a_column_emptied(rows: Rows, dice: Random) -> Rows:
    return rows.with_columns(pl.lit(None, pl.String).alias(dice.choice(rows.columns[1:])))


def _with_cells_lost(rows: Rows, dice: Random) -> Rows:
    name = dice.choice(rows.columns[1:])
    return rows.with_columns(pl.when(~_some(rows, 0.1, dice)).then(name).alias(name))


def _with_broken_cells(rows: Rows, dice: Random) -> Rows:
    name = dice.choice(rows.columns)
    broken = pl.lit(dice.choice(["?", "31/02/2015", "N/A", "1066-01-01", "1.23E+12"]))
    return rows.with_columns(pl.when(_some(rows, 0.005, dice)).then(broken).otherwise(name).alias(name))


def _in_capitals(rows: Rows, _dice: Random) -> Rows:
    return rows.select(pl.all().str.to_uppercase().name.to_uppercase())


def _with_spaces(rows: Rows, _dice: Random) -> Rows:
    return rows.select(pl.all() + " ")


def _with_rows_twice(rows: Rows, dice: Random) -> Rows:
    return pl.concat([rows, rows.filter(_some(rows, 0.02, dice))])


def _with_rows_lost(rows: Rows, dice: Random) -> Rows:
    return rows.filter(~_some(rows, 0.08, dice))


def _births(rows: Rows, otherwise: Callable[[pl.Expr], pl.Expr], some: pl.Series | None = None) -> Rows:
    """The rows with their birth dates (those of ``some``; null: of all) written otherwise."""
    born = [name for name in rows.columns if "Birth" in name]
    day = otherwise(pl.col(born).str.to_date("%d/%m/%Y", strict=False))
    is_meant = pl.lit(value=True) if some is None else pl.lit(some)
    written = pl.coalesce(pl.when(is_meant).then(day), pl.col(born))
    return rows.with_columns(written) if len(born) == 1 else rows


def _with_births_a_day_early(rows: Rows, _dice: Random) -> Rows:
    return _births(rows, lambda day: day.dt.offset_by("-1d").dt.strftime("%d/%m/%Y"))


def _with_births_cut_to_months(rows: Rows, dice: Random) -> Rows:
    return _births(rows, lambda day: day.dt.strftime("%m/%Y"), _some(rows, 0.3, dice))


def _with_grown_ups_births(rows: Rows, dice: Random) -> Rows:
    return _births(rows, lambda day: day.dt.offset_by("-30y").dt.strftime("%d/%m/%Y"), _some(rows, 0.3, dice))


def _with_ends_in_words(rows: Rows, dice: Random) -> Rows:
    ends = [name for name in rows.columns if name.startswith(("Leaving", "End", "Closed", "TenancyEnd", "Deduction"))]
    words = pl.lit(dice.choice(["Left", "Unknown", "did not return", "Summer 2024"]))
    some = _some(rows, 0.02, dice)
    return rows.with_columns(pl.when(some).then(words).otherwise(name).alias(name) for name in ends[:1])


DIRT: Mapping[str, Callable[[Rows, Random], Rows]] = {
    "in another order": _in_other_order,
    "without a column": _without_a_column,
    "with a column emptied": _with_a_column_emptied,
    "with cells lost": _with_cells_lost,
    "with broken cells": _with_broken_cells,
    "in capitals": _in_capitals,
    "with spaces": _with_spaces,
    "with rows twice": _with_rows_twice,
    "with rows lost": _with_rows_lost,
    "with births a day early": _with_births_a_day_early,
    "with births cut to months": _with_births_cut_to_months,
    "with grown-ups' births": _with_grown_ups_births,
    "with ends in words": _with_ends_in_words,
}


def _zipped(rows: Rows, path: Path) -> None:
    with zipfile.ZipFile(path.with_suffix(".zip"), "w") as archive:
        archive.writestr(path.with_suffix(".csv").name, rows.write_csv())


def _in_two_files(rows: Rows, path: Path) -> None:
    half = rows.height // 2
    for number, part in enumerate((rows[:half], rows[half:]), start=1):
        part.write_csv(path.with_name(f"{path.stem}_{number}.csv"))


def _in_encoding(encoding: str, separator: str) -> Callable[[Rows, Path], None]:
    def write(rows: Rows, path: Path) -> None:
        path.with_suffix(".csv").write_bytes(rows.write_csv(separator=separator).encode(encoding))

    return write


FORMS: Mapping[str, Callable[[Rows, Path], None]] = {
    "text": _in_encoding("utf-8", ","),
    "text with semicolons": _in_encoding("utf-8-sig", ";"),
    "UTF-16": _in_encoding("utf-16", "\t"),
    "a workbook": lambda rows, path: write_xlsx(rows, path.with_suffix(".xlsx")),
    "Parquet": lambda rows, path: rows.write_parquet(path.with_suffix(".parquet")),
    "an archive": _zipped,
    "two files": _in_two_files,
}


def _soil(extracts: Path, layout: Layout, dice: Random) -> str:
    """Write one source's file otherwise than its layout says; returns how."""
    path = file_of(extracts, layout)
    rows = pl.read_csv(io.StringIO(path.read_bytes().decode(layout.encoding)), infer_schema=False)
    dirt, form = dice.choice([*DIRT]), dice.choice([*FORMS])
    path.unlink()
    FORMS[form](DIRT[dirt](rows, dice), path)
    return f"{dirt}, {form}"


@dataclass
class Nights:
    """What became of the nights."""

    ended: Counter[str] = field(default_factory=Counter)
    """How the nights ended: "published", or with which exit code."""
    happened: Counter[str] = field(default_factory=Counter)
    """How files came, and what people decided."""
    otherwise: list[str] = field(default_factory=list)
    """Nights that ended otherwise with ``--full``, published other bytes or left other tables: which night, which of them."""


def _outcomes(workspace: Path, dice: Random, on: date) -> None:
    """An officer hands in what was found about some children of the list."""
    with Store(workspace, read_only=True) as store:
        tables = {name: store.read(name) for name in ASKED}
    children = tables["candidate"]["child_id"].to_list()
    rows = [f"{child},{dice.choice([*CODES])},{on}" for child in dice.sample(children, min(6, len(children)))]
    file = workspace.parent / "found.csv"
    file.write_text("\n".join(["child_id,outcome,date", *rows]) + "\n", "utf-8")
    add_outcomes(file, workspace, tables, by="An Officer")


def _judgements(workspace: Path, dice: Random) -> None:
    """An analyst judges some pairs that nobody has judged yet, of records in no other pair: so nothing contradicts."""
    with Store(workspace, read_only=True) as store:
        links = store.read("link").select("left_id", "right_id")

    def made(earlier: pl.DataFrame) -> pl.DataFrame:
        known = pl.concat([earlier["left_id"], earlier["right_id"]]).implode()
        new = links.filter(~pl.col("left_id").is_in(known) & ~pl.col("right_id").is_in(known))
        drawn = new.sample(min(8, new.height), seed=dice.randrange(10**6))
        drawn = drawn.unique("left_id", maintain_order=True).unique("right_id", maintain_order=True)
        drawn = drawn.filter(~pl.col("left_id").is_in(drawn["right_id"].implode()))
        answers = pl.Series("answer", [dice.choice(ANSWERS) for _ in range(drawn.height)], dtype=pl.String)
        said = drawn.with_columns(answers, by=pl.lit("An Analyst"), at=pl.lit(datetime.now(UTC)), sample=pl.lit("S1"))
        return pl.concat([JUDGEMENT.to_frame(), said.cast({"at": JUDGEMENT["at"]})], how="diagonal")

    add_judgements(workspace, made)


def _settings(dice: Random) -> dict[str, object]:
    """Settings that differ from the defaults now and then."""
    ranking = RankSettings(
        wasted_enquiries_per_missed_child=dice.choice([3.0, 8.0, 8.0, 12.0]), weeks_before_listed=dice.choice([0, 0, 4])
    )
    return {"linkage": LinkSettings(link_threshold=dice.choice([0.6, 0.7, 0.7, 0.9])), "ranking": ranking}


def _ended(settings: Settings) -> tuple[str, Hashes]:
    """How a night ended, and what it published."""
    try:
        return "published", hashes(run_night(settings).published)
    except NightFailed as failed:
        return f"exit code {failed.exit_code}", {}


def _tables(workspace: Path) -> dict[str, pl.DataFrame]:
    """What a night leaves in the store for the nights to come."""
    with Store(workspace, read_only=True) as store:
        tables = {name: store.read(name) for name in TABLES if store.has(name) and name not in NOT_COMPARED}
        return tables | {source: store.read_raw(source).sort("record_id") for source in store.raw_sources()}


def _other_files(kept: Hashes, full: Hashes) -> list[str]:
    return sorted(name for name in kept.keys() | full.keys() if kept.get(name) != full.get(name))


def _other_tables(kept: Mapping[str, pl.DataFrame], full: Mapping[str, pl.DataFrame]) -> list[str]:
    return sorted(
        name
        for name in kept.keys() | full.keys()
        if name not in kept or name not in full or not kept[name].equals(full[name])
    )


def _deliver(authority: Path, extracts: Path, dice: Random, nights: Nights) -> None:
    """Tonight's files."""
    missing = (dice.choice(MAY_BE_MISSING),) if dice.random() < 0.15 else ()
    nights.happened.update({"missing": len(missing)})
    shutil.rmtree(extracts, ignore_errors=True)
    deliver(authority, extracts, missing=missing)
    for layout in LAYOUT_OF.values():
        path = file_of(extracts, layout)
        if path.suffix == ".csv" and path.exists() and dice.random() < DIRTY:
            nights.happened.update(_soil(extracts, layout, dice).split(", "))


def _decide(workspace: Path, dice: Random, as_at: date, nights: Nights) -> None:
    """What people hand in between two nights."""
    if dice.random() < 0.4:
        _outcomes(workspace, dice, min(as_at, datetime.now(UTC).date()))
        nights.happened["officers' outcomes"] += 1
    if dice.random() < 0.3:
        _judgements(workspace, dice)
        nights.happened["analysts' judgements"] += 1


def lived(folder: Path, *, children: int, nights: int, seed: int) -> Nights:
    """Run the nights in ``folder``."""
    authority, extracts, workspace, anew = (folder / name for name in ("authority", "extracts", "workspace", "anew"))
    dice, found, as_at, chosen = Random(seed), Nights(), FIRST, _settings(Random(0))
    make_authority(authority, children=children, seed=seed, as_at=FIRST, cme_rate=0.03)
    begin_history(authority, seed=seed, as_at=FIRST)
    for night in range(nights):
        if night:
            as_at += timedelta(days=dice.choice(DAYS_ON))
            move_on(authority, seed=seed + night, as_at=as_at, share=dice.choice([0.002, 0.01, 0.05]))
        _deliver(authority, extracts, dice, found)
        if (workspace / "published").exists():
            _decide(workspace, dice, as_at, found)
        chosen = _settings(dice) if dice.random() < 0.2 else chosen
        shutil.rmtree(anew, ignore_errors=True)
        if workspace.exists():
            shutil.copytree(workspace, anew, symlinks=True)
        settings = Settings(extracts=extracts, workspace=workspace, as_at=as_at).model_copy(update=chosen)
        how, published = _ended(settings)
        how_full, published_full = _ended(settings.model_copy(update={"workspace": anew, "full": True}))
        found.ended[how] += 1
        other = [*_other_files(published, published_full), *_other_tables(_tables(workspace), _tables(anew))]
        if other or how != how_full:
            found.otherwise.append(f"night {night + 1}, {as_at}: {how}, {how_full} with --full; {', '.join(other)}")
        print(night + 1, as_at, how, ", ".join(other), flush=True)
    return found


def _page(found: Nights, asked: argparse.Namespace) -> str:
    """The page of results."""
    options = " ".join(f"--{name} {getattr(asked, name)}" for name in ("children", "nights", "seed"))
    ended = ", ".join(f"{count} {how}" for how, count in found.ended.most_common())
    lines = [
        "# Nights of files as dirty as they come",
        "",
        f"`python benchmarks/random_nights.py {options}`; measured {datetime.now(UTC):%Y-%m-%d} with Python "
        f"{platform.python_version()}, polars {pl.__version__}.",
        "",
        f"How they ended: {ended}. **{len(found.otherwise)} ended otherwise, published other bytes or left other "
        "tables with `--full`.**",
        "",
        "| how files came, and what people decided | times |",
        "|---|--:|",
        *(f"| {what} | {count} |" for what, count in sorted(found.happened.items()) if count),
        "",
        *(f"- {line}" for line in found.otherwise),
    ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Run the nights and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, default=1_500)
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = lived(Path(folder), children=asked.children, nights=asked.nights, seed=asked.seed)
    page = _page(found, asked)
    asked.out.write_text(page, "utf-8")
    print(page)


if __name__ == "__main__":
    main()

"""Clerical review: a workbook of pairs out, an analyst's judgements back in.

An answered workbook is kept whole or not at all: every fault is named with its line, and nothing is kept until there is
none.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from matching.judgement import ANSWERS, Contradiction, contradictions, standing_judgements
from pipelines.atomic_folder import write_requested
from pipelines.decisions.judgements import DRAWN, JUDGEMENT, add_drawn, add_judgements, read_drawn, read_judgements
from pipelines.decisions.keys_tonight import judgements_now, keys_of_the_list
from pipelines.files.handed_in import listed_faults
from pipelines.formatted import formatted
from pipelines.review.sample import SampleRequest, pairs_worth_asking
from pipelines.review.sample_workbook import (
    ANSWER,
    LONGEST_NOTE,
    NOTE,
    PAIR,
    fingerprints,
    read_sample,
    sample_xlsx,
    shown_pairs,
)
from pipelines.settings import SettingsError
from pipelines.tables.night import begun_at, judged_on
from pipelines.written_dates import day


def write_sample(
    workspace: Path, tables: Mapping[str, pl.DataFrame], asked: SampleRequest, source_names: Mapping[str, str]
) -> pl.DataFrame:
    """Draw pairs, write the workbook (mode 0600) and keep what was drawn; returns ``DRAWN``.

    ``tables``: SAMPLE_READS of :mod:`pipelines.review.sample`. Raises :class:`~pipelines.settings.SettingsError` if there
    is nothing to ask, or if ``out`` exists or is no name of a workbook.
    """
    if asked.out.suffix.lower() != ".xlsx":
        raise SettingsError(f"--out {asked.out}: give the workbook a name that ends in .xlsx.")
    if asked.out.exists():
        raise SettingsError(f"--out {asked.out} already exists, perhaps with answers in it. Give another name.")
    found = pairs_worth_asking(
        tables,
        judgements_now(read_judgements(workspace), keys_of_the_list(workspace)),
        asked,
    )
    if found.is_empty():
        raise SettingsError("There are no pairs to ask about: the last night linked none. Nothing was written.")

    def numbered(earlier: pl.DataFrame) -> pl.DataFrame:
        sample = f"S{earlier['sample'].n_unique() + 1}"
        pairs = found.with_columns(
            sample=pl.lit(sample),
            night_at=pl.lit(begun_at(tables)),
            pair=formatted("{}-{}", pl.lit(sample), pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(4)),
        )
        shown = shown_pairs(pairs, tables["person_record"], dict(source_names))
        write_requested(asked.out, sample_xlsx(shown, judged_on(tables)))
        return pairs.with_columns(fingerprints(shown)).select(DRAWN.names()).cast(DRAWN)

    return add_drawn(workspace, numbered)


def judge(file: Path, workspace: Path, by: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read a filled-in workbook back and keep its judgements. Returns them as ``JUDGEMENT``, and the people whose answers
    they outrank (:func:`outranked`).

    Raises :class:`~pipelines.settings.SettingsError` naming every line that cannot be kept; then none is.
    """
    if not by.strip():
        raise SettingsError("--by: give the name of the person who judged. A judgement without a name does not count.")
    rows = read_sample(file).filter((pl.col(ANSWER) != "") | (pl.col(NOTE) != ""))
    placed = _with_drawn_pairs(rows, read_drawn(workspace))
    _refuse(file, _faults(placed))
    made = _as_judgements(placed, by.strip())
    if made.is_empty():
        raise SettingsError(f"{file.name}: no line has an answer. Fill in the column {ANSWER}, save, and try again.")

    stood = JUDGEMENT.to_frame()

    def fresh(earlier: pl.DataFrame) -> pl.DataFrame:
        nonlocal stood
        stood = earlier
        _refuse(file, _contradicting(placed, made, earlier))
        return _not_standing_yet(made, earlier)

    kept = add_judgements(workspace, fresh)
    return kept, outranked(kept, stood)


def _with_drawn_pairs(rows: pl.DataFrame, drawn: pl.DataFrame) -> pl.DataFrame:
    """The answered rows, each with its pair as drawn (null: no such pair) and ``now``, the fingerprint of its cells as they
    are."""
    marked = rows.with_columns(now=fingerprints(rows), answer=pl.col(ANSWER).str.to_lowercase())
    return marked.join(drawn, left_on=PAIR, right_on="pair", how="left", validate="m:1", maintain_order="left")


def _faults(placed: pl.DataFrame) -> list[str]:
    """What is wrong with single lines. No cell is quoted."""
    faults = []
    again: dict[str, tuple[int, str]] = {}
    wanted = ", ".join(ANSWERS)
    for row in placed.iter_rows(named=True):
        line = f"line {row['line']}"
        if row["left_id"] is None:
            faults.append(
                f"{line}: column {PAIR} does not name a pair in a sample from this workspace. Put the right number back."
            )
            continue
        if row["now"] != row["facts"]:
            faults.append(
                f"{line}: the pair's number or a cell beside it has been changed. Judge the pair in a fresh copy."
            )
        if row["answer"] not in ANSWERS:
            fault = "holds no answer" if row["answer"] else "is empty beside a note"
            faults.append(f"{line}: column {ANSWER} {fault}. Choose one of: {wanted}.")
        if len(row[NOTE]) > LONGEST_NOTE:
            faults.append(f"{line}: the note is longer than {LONGEST_NOTE:,} characters. Shorten it.")
        first, answer = again.setdefault(row[PAIR], (row["line"], row["answer"]))
        if answer != row["answer"]:
            faults.append(f"{line}: the same pair has a different answer in line {first}. Keep one of the two.")
    return faults


def _as_judgements(placed: pl.DataFrame, by: str) -> pl.DataFrame:
    note = pl.when(pl.col(NOTE) != "").then(pl.col(NOTE))
    named = placed.unique(PAIR, keep="first", maintain_order=True)
    return (
        named.with_columns(by=pl.lit(by), at=pl.lit(datetime.now(UTC)), note=note)
        .select(JUDGEMENT.names())
        .cast(JUDGEMENT)
    )


def _contradicting(placed: pl.DataFrame, made: pl.DataFrame, earlier: pl.DataFrame) -> list[str]:
    """Judgements that cannot all be true: those of the file, among themselves and with those that stand from before."""
    lines = placed.select("left_id", "right_id", formatted("line {}", "line").alias("place")).unique(
        ["left_id", "right_id"], keep="first", maintain_order=True
    )
    before = earlier.with_columns(place=formatted("a judgement by {} on {}", "by", day(pl.col("at"))))
    tonight = made.join(lines, on=["left_id", "right_id"], how="left", validate="m:1", maintain_order="left")
    together = standing_judgements(pl.concat([before, tonight.select(before.columns)]))
    places = together["place"].to_list()
    return [_told_contradiction(found, places) for found in contradictions(together)]


def _told_contradiction(found: Contradiction, places: list[str]) -> str:
    same = ", ".join(places[row] for row in found.same)
    return (
        f"{places[found.different]} says different, but the records are one child according to: {same}. Look at these "
        "pairs again; one of the answers is wrong."
    )


def _not_standing_yet(made: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """The file's judgements that do not stand already: reading the same workbook twice adds nothing."""
    known = ["left_id", "right_id", "answer", "by", "sample"]
    return made.join(standing_judgements(earlier), on=known, how="anti")


def outranked(made: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """``by``, ``pairs``: for each person, how many pairs had that person's answer until somebody else answered differently
    in ``made``."""
    before = standing_judgements(earlier).select("left_id", "right_id", "by", "answer")
    now = made.select("left_id", "right_id", now_by="by", now="answer")
    otherwise = (pl.col("by") != pl.col("now_by")) & (pl.col("answer") != pl.col("now"))
    both = now.join(before, on=["left_id", "right_id"]).filter(otherwise)
    return both.group_by("by").agg(pairs=pl.len()).sort("by")


def _refuse(file: Path, faults: list[str]) -> None:
    if faults:
        raise SettingsError(f"{file.name}: nothing was kept, because of these lines:{listed_faults(faults)}")

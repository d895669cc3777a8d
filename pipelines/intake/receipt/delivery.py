"""One file of the folder -> its delivery: rows loaded, or set aside with the rules that they broke.

A packed file gives a delivery for each file in it. If a rule of the file is broken, the whole file is kept out.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from data_contracts.rules import LEFT_WITHOUT_DAY, NO_DATE
from data_contracts.today import today as this_day
from data_contracts.values import text_of
from pipelines.files.folder import UNKNOWN, contract_for, contract_for_member, folder_in_a_folder
from pipelines.files.forms.spreadsheet_xml import as_workbook, is_spreadsheet_xml
from pipelines.files.forms.workbook import WORKBOOKS, sheets_of_parts
from pipelines.files.packed import is_packed, unpack
from pipelines.files.read import read_bytes, rows_as_json
from pipelines.files.rows import FileRows, KnownLines, UnreadableFileError
from pipelines.intake.receipt.anothers_list import under_anothers_name
from pipelines.intake.receipt.ends_in_words import has_unknown_end, unknown_ends, with_unknown_ends, without_most_left
from pipelines.intake.receipt.last_intake import (
    HAD,
    RECORD_ID,
    SAME,
    WAS_IN,
    WAS_ON,
    LastIntake,
    in_record_id,
    is_kept_whole,
    judging_fingerprint,
)
from pipelines.intake.receipt.misleading_files import ages_of_others, unknown_codes, unreadable_dates
from pipelines.intake.receipt.short_years import with_whole_years
from pipelines.intake.receipt.two_places_at_once import two_places_at_once
from pipelines.tables import SET_ASIDE

_YEAR, _SHORT_YEAR = re.compile(r"20(\d\d)"), re.compile(r"\D(\d\d)\s*$")

LINE_HASH, MOVED = "_line_hash", "_moved"
"""Columns beside a row: the fingerprint of its line, and whether it is last night's row but at another place or in another
line."""


@dataclass(frozen=True, slots=True)
class Judging:
    """What the judge is given besides the contract."""

    today: date | None
    """Days after it are in the future; null: the day on which the judge runs."""
    last: LastIntake
    """What the last night loaded."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file and what became of its rows."""

    source: str
    file: str
    file_id: str
    sha256: str | None
    size: int
    rows_read: int
    loaded: pl.DataFrame
    set_aside: pl.DataFrame
    breaches: tuple[Breach, ...]
    headers: dict[str, str]
    is_refused: bool
    unread: tuple[str, ...] = ()
    """Headers of the columns that were not read. Such a header may be a detail of a child."""
    judged_by: str = ""
    """What decided about each row by itself (:func:`pipelines.intake.receipt.last_intake.judging_fingerprint`); empty if no row
    was judged."""
    stands: int | None = None
    """How many of its rows have been in the store since last night, as the file is the same; null: its rows are ``loaded``."""

    @property
    def rows_loaded(self) -> int:
        """Rows that were loaded, or stay loaded."""
        return self.loaded.height if self.stands is None else self.stands


@dataclass(frozen=True, slots=True)
class Opened:
    """One file, with its bytes read and not yet looked at."""

    contract: Contract
    name: str
    shown: str
    """What people call the file: its name with the folder or the archive that it came in."""
    data: bytes = field(repr=False)
    sha256: str
    """Of the bytes; for one of several sheets, of the bytes and its place."""
    sheet: tuple[int, str] | None = None
    """Place, counted from 1, and name of the sheet to be read; null: the contract says which, or there is only one."""

    @property
    def file_id(self) -> str:
        """As DELIVERY has it."""
        return self.sha256[:ID_DIGITS]


ID_DIGITS = 16

NOT_PRINTED = "\N{REPLACEMENT CHARACTER}"


def open_file(file: Path, folder: Path, contracts: Mapping[str, Contract]) -> Iterator[Opened | Delivery]:
    """One file or, if it is packed, each file in it; what is refused for its name or its bytes comes as a delivery.

    A name may contain bytes that are not text, or characters that cannot be printed: each is shown as ``NOT_PRINTED``.
    Raises OSError if the folder can no longer be read.
    """
    named = file.name if file == folder else file.relative_to(folder).as_posix()
    place = PurePosixPath("".join(letter if letter.isprintable() else NOT_PRINTED for letter in named))
    shown = place.as_posix()
    if file.is_dir():
        yield _refused(UNKNOWN, shown, None, (folder_in_a_folder(shown),))
        return
    by_name = contract_for(place, contracts)
    try:
        data = file.read_bytes()
    except OSError:
        list(file.parent.iterdir())  # raises if the share itself is away, which may pass
        source = _source_id(by_name[0])
        fix = "Close the program that has it open, if one has. Give this account permission to read it, and check the disk."
        wrong = Breach.of_file(source, shown, "not readable", "The file could not be opened.", fix)
        yield _refused(source, shown, None, (wrong,))
        return
    if is_packed(place.name):
        yield from _unpacked(place, data, contracts)
    else:
        yield from _by_sheet(_by_name(by_name, place.name, shown, data, contracts))


def _by_sheet(file: Opened | Delivery) -> Iterator[Opened | Delivery]:
    """A workbook that has a part of its list on each of several sheets, as a file for each sheet."""
    is_workbook = isinstance(file, Opened) and PurePosixPath(file.name).suffix.lower() in WORKBOOKS
    sheets = sheets_of_parts(file.data, file.contract) if isinstance(file, Opened) and is_workbook else {}
    if not sheets or isinstance(file, Delivery):
        yield file
        return
    for place, sheet in sheets.items():
        own = hashlib.sha256(f"{file.sha256} {place}".encode()).hexdigest()
        yield replace(file, shown=f"{file.shown} (sheet {place})", sha256=own, sheet=(place, sheet))


def _unpacked(place: PurePosixPath, data: bytes, contracts: Mapping[str, Contract]) -> Iterator[Opened | Delivery]:
    """Each file of an archive as a file of its own; if the archive is refused, it is one itself."""
    shown = place.as_posix()
    try:
        members = unpack(shown, data)
    except UnreadableFileError as error:
        source = _source_id(contract_for_member(place, PurePosixPath(place.name).stem, contracts)[0])
        breach = Breach(source, shown, error.line, None, error.rule, "file", error.why, error.fix)
        yield _refused(source, shown, data, (breach,))
        return
    for member in members:
        by_name = contract_for_member(place, member.name, contracts)
        yield from _by_sheet(_by_name(by_name, member.name, member.shown, member.data, contracts))


def _by_name(
    by_name: tuple[Contract | None, Breach | None],
    name: str,
    shown: str,
    data: bytes,
    contracts: Mapping[str, Contract],
) -> Opened | Delivery:
    """A file to be looked at, or one refused for what is wrong with its name (``by_name``, from :func:`contract_for`)."""
    contract, wrong = by_name
    if contract is not None and is_spreadsheet_xml(data):  # whatever its ending
        return _spreadsheet_xml(contract, name, shown, data)
    if contract is None and wrong:
        wrong = under_anothers_name(wrong, name, data, contracts)
    if contract is None or wrong:
        return _refused(_source_id(contract), shown, data, (replace(wrong, file=shown),) if wrong else ())
    return Opened(contract, name, shown, data, hashlib.sha256(data).hexdigest())


def _spreadsheet_xml(contract: Contract, name: str, shown: str, data: bytes) -> Opened | Delivery:
    """A workbook of Excel 2003 in XML, to be looked at as one of today."""
    try:
        own = as_workbook(data)
    except UnreadableFileError as error:
        return _refused(contract.id, shown, data, (error.breach(contract, shown),))
    return Opened(contract, f"{PurePosixPath(name).stem}.xlsx", shown, own, hashlib.sha256(data).hexdigest())


def _source_id(contract: Contract | None) -> str:
    return contract.id if contract else UNKNOWN


def _refused(
    source: str, file: str, data: bytes | None, breaches: tuple[Breach, ...], sha256: str | None = None
) -> Delivery:
    """A file whose rows were never read. ``sha256``: of ``data``; null: it is worked out."""
    if data is not None and sha256 is None:
        sha256 = hashlib.sha256(data).hexdigest()
    nothing = pl.DataFrame(schema=SET_ASIDE)
    file_id = (sha256 or hashlib.sha256(file.encode()).hexdigest())[:ID_DIGITS]
    return Delivery(
        source, file, file_id, sha256, len(data or b""), 0, pl.DataFrame(), nothing, breaches, {}, is_refused=True
    )


def judge_file(file: Opened, judging: Judging) -> Delivery:
    """Read a file and divide its rows into those loaded and those set aside."""
    contract, today = file.contract, judging.today
    known = judging.last.lines(contract, today) if today else None
    read = read_bytes(file.name, file.data, contract.of_sheet(file.sheet), known)
    standing = read.known if read.known.is_empty() else judging.last.standing(read.known, contract)
    if known and not standing.is_empty() and _share_a_key(read.rows, standing, contract):
        read = read_bytes(file.name, file.data, contract.of_sheet(file.sheet), KnownLines(known.read_by))
        standing = read.known
    file_rows = with_whole_years(read, standing, read.contract or contract, today or this_day())
    blank = _refused(contract.id, file.shown, file.data, (), file.sha256)
    by = judging_fingerprint(file_rows.contract or contract, file_rows.headers)
    rows = _rows(file_rows, standing, contract, judging.last)
    breaches = [replace(breach, file=blank.file) for breach in file_rows.breaches]
    breaches += [] if file_rows.is_refused else _breaches(rows, file_rows, file, judging, by)
    # A rule of the row without a line cannot set its row aside, so it must not let the file through.
    stopping = [b for b in breaches if b.stops == "file" or (b.stops == "row" and b.line is None)]
    fitted = replace(
        blank,
        rows_read=file_rows.rows_read,
        loaded=_placed(rows, contract, blank.file_id, breaches),
        headers=file_rows.headers,
        unread=file_rows.unread,
        is_refused=bool(stopping),
        judged_by=by,
    )
    parted = with_set_aside(fitted, breaches, everything=stopping)
    bad = file_rows.bad_lines.select(
        source=pl.lit(contract.id),
        file_id=pl.lit(blank.file_id),
        line="line",
        rules="rule",
        record_id=pl.lit(None, pl.String),
        row="row",
    )
    return replace(parted, set_aside=pl.concat([parted.set_aside, bad]).sort("line"))


def _breaches(rows: pl.DataFrame, file_rows: FileRows, file: Opened, judging: Judging, by: str) -> list[Breach]:
    """What the rows of a readable file break, one by one and column by column. ``by``: what decides about a row by itself."""
    from data_contracts.check import judge
    from matching.canonical.identifiers import nhs_number_is_valid, upn_is_valid

    contract, today = file_rows.contract or file.contract, judging.today
    breaches = judge(
        rows,
        contract,
        file.shown,
        file_rows.headers,
        identifier_checks={"upn": upn_is_valid, "nhsNumber": nhs_number_is_valid},
        today=today,
        known=judging.last.known(rows, contract.id, by, today) if today else None,
    )
    breaches = without_most_left(rows, contract, file.shown, breaches)
    read = (rows, contract, file.shown, file_rows.headers)
    of_columns = (*unreadable_dates(*read, breaches), *unknown_codes(*read, breaches), *unknown_ends(*read))
    return [*breaches, *of_columns, *ages_of_others(rows, contract, file.shown), *two_places_at_once(*read, breaches)]


def _record_id(contract: Contract) -> pl.Expr:
    return pl.concat_str(pl.lit(f"{contract.id}:"), in_record_id(text_of(contract.key).fill_null("")))


def _share_a_key(read: pl.DataFrame, standing: pl.DataFrame, contract: Contract) -> bool:
    """Whether a row that was read has the key of one that was not: what they say together shows only if both are read."""
    keys = read.select(_record_id(contract)).to_series()
    return bool(standing[RECORD_ID].is_in(keys.implode()).any())


def _rows(file_rows: FileRows, standing: pl.DataFrame, contract: Contract, last: LastIntake) -> pl.DataFrame:
    """All rows of a file in their order, with their ids, the fingerprints of their lines, and where they were last night.

    ``standing``: those of lines that were not read, as they are in the store.
    """
    key = _record_id(contract)
    lines = file_rows.lines.rename({"line_hash": LINE_HASH})
    keyed = (
        with_unknown_ends(file_rows.rows, standing, contract)
        .with_columns(key.alias(RECORD_ID))
        .join(lines, on="line", how="left", validate="1:1", maintain_order="left")
    )
    read = last.compared(keyed, contract)
    if standing.is_empty():
        return read
    return pl.concat([read, standing.with_columns(pl.col(HAD).alias(LINE_HASH)).select(read.columns)]).sort("line")


def _placed(rows: pl.DataFrame, contract: Contract, file_id: str, breaches: Sequence[Breach]) -> pl.DataFrame:
    """The rows with what they are known by the next night: a row that broke a rule, is not kept whole, or is judged by the rows
    beside it, will be read again."""
    flawed = pl.Series([breach.line for breach in breaches], dtype=pl.Int64).drop_nulls()
    is_known = ~pl.col("line").is_in(flawed.implode()) & is_kept_whole(contract) & ~has_unknown_end(contract)
    line_hash = pl.when(is_known).then(LINE_HASH).alias(LINE_HASH)
    elsewhere = (pl.col(WAS_IN) != file_id) | (pl.col(WAS_ON) != pl.col("line"))
    moved = pl.col(SAME) & (elsewhere | pl.col(HAD).ne_missing(pl.col(LINE_HASH)))
    return rows.with_columns(line_hash).with_columns(moved.alias(MOVED)).drop(WAS_IN, WAS_ON, HAD)


def said_to_have_left(delivery: Delivery, contract: Contract, as_at: date) -> pl.Series:
    """``record_id`` of the rows set aside by which a place has ended, but on no day that can be read. An end in a year after
    ``as_at`` ("Jul-27") does not count, nor what is not believed of most rows (:func:`without_most_left`)."""
    ends = {delivery.headers.get(end, contract.column_named[end].header) for end in contract.ends_of_places}
    unread = {b.line: b.column for b in delivery.breaches if b.rule == NO_DATE and b.column in ends}
    believed = (b.line for b in delivery.breaches if b.rule == LEFT_WITHOUT_DAY and b.stops == "nothing")
    lines = {*believed, *unread}
    aside = delivery.set_aside.drop_nulls("record_id").select("line", "record_id", "row").iter_rows()
    left = [
        record
        for line, record, row in aside
        if line in lines and _year_of(json.loads(row).get(unread.get(line))) <= as_at.year
    ]
    return pl.Series("record_id", left, pl.String)


def _year_of(end: str | None) -> int:
    """The year in an end that is not a day ("Summer 2027", "Jul-27"); 0 if there is none."""
    named = _YEAR.search(end or "") or _SHORT_YEAR.search(end or "")
    return 2000 + int(named[1]) if named else 0


def with_set_aside(delivery: Delivery, breaches: Sequence[Breach], everything: Sequence[Breach] = ()) -> Delivery:
    """Move the rows that break a rule from ``loaded`` to ``set_aside``; all rows, if any rules are in ``everything``."""
    broken = pl.DataFrame(
        [(b.line, b.rule) for b in breaches if b.stops == "row" and b.line is not None],
        schema={"line": pl.Int64, "rules": pl.String},
        orient="row",
    )
    by_line = broken.group_by("line").agg(pl.col("rules").unique(maintain_order=True).str.join("; "))
    rows = delivery.loaded.join(by_line, on="line", how="left", validate="m:1", maintain_order="left")
    if everything:
        whole = "; ".join(dict.fromkeys(b.rule for b in everything))
        rows = rows.with_columns(
            pl.concat_str("rules", pl.lit(whole), separator="; ", ignore_nulls=True).alias("rules")
        )
    aside = rows.filter(pl.col("rules").is_not_null())
    kept = aside.select(
        pl.lit(delivery.source).alias("source"),
        pl.lit(delivery.file_id).alias("file_id"),
        "line",
        "rules",
        pl.when(pl.col(RECORD_ID) != f"{delivery.source}:").then(pl.col(RECORD_ID)).alias("record_id"),
        rows_as_json(aside, delivery.headers),
    )
    return replace(
        delivery,
        loaded=rows.filter(pl.col("rules").is_null()).drop("rules"),
        set_aside=pl.concat([delivery.set_aside, kept]),
        breaches=(*delivery.breaches, *breaches),
    )

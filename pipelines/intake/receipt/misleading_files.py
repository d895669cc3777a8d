"""Files in which no single row looks wrong, but which would mislead about many children at once."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from data_contracts.breach import Breach, Stops
from data_contracts.contract import Contract
from data_contracts.empty_cells import TOO_NARROW
from data_contracts.parts import Column, PersonField
from data_contracts.rules import KNOWN_CODE, NO_DATE
from data_contracts.values import as_days, is_empty, text_of
from pipelines.intake.in_one_form.cells import born_on, columns_for, read_cells
from pipelines.intake.in_one_form.statements import statement_applies
from pipelines.intake.receipt.last_intake import RECORD_ID

SAME_AGAIN = "same file twice"
"""Name of the rule, as a breach shows it, for a file that holds the same as another."""

ENOUGH_ROWS = 20
"""Fewest rows of which a share says something."""

ENOUGH_DATES = 5
"""Fewest dates for which it says something that none is in a form that is read, however few rows there are."""

MOST = 0.5
"""Most of a file's rows are more than this share."""

MANY = 0.1
"""More than this share of a column's cells are more than slips."""

_CHILD: frozenset[PersonField] = frozenset({"surname", "forename", "full_name", "date_of_birth"})

UNREADABLE_DATES, UNKNOWN_CODES = "form of dates", "codes of another system"
OTHER_AGES = "ages of another list"
TWO_DELIVERIES, SHARED_KEYS = "two deliveries", "keys of two systems"
"""Names of the rules, as a breach shows them."""

_UNAGREED = ("dd/MM/yy", "dd-MM-yy", "dd.MM.yy", "MM/dd/yy", "yy/MM/dd", "yy-MM-dd", "yy.MM.dd", "MM/dd/yyyy")
"""Forms of dates that are common, but read in no file unless its own contract says so, as they may be misread."""

_OTHER = " other"


def unreadable_dates(
    rows: pl.DataFrame, contract: Contract, file: str, headers: Mapping[str, str], breaches: Sequence[Breach]
) -> Iterator[Breach]:
    """A breach for each date column of one file in which many filled cells, or all of a few, are no date in a form that is
    read.

    One such cell is a slip; many are a form that nobody agreed. Without most of its birth dates a file turns the children
    whom it knows into children whom no roll knows, so it is refused. Other columns are only noted. ``breaches``: what the
    rows were found to break.
    """
    for column in contract.columns:
        if column.logical_type != "date" or column.name not in headers:
            continue
        header = headers[column.name]
        wrong = [breach for breach in breaches if breach.rule == NO_DATE and breach.column == header]
        bad = len(wrong)
        filled = _filled(rows, column) if bad > MANY * ENOUGH_ROWS else 0
        if bad <= MANY * filled or (filled < ENOUGH_ROWS and bad < max(filled, ENOUGH_DATES)):
            continue
        first = min((breach.line for breach in wrong if breach.line is not None), default=None)
        where = "" if first is None else f" (the first on line {first})"
        becomes = "their rows are set aside" if column.bad_type_stops == "row" else "count as empty"
        why = f"{bad:,} of its {filled:,} dates{where} are not in any form that this source's contract knows, and {becomes}."
        cells = rows.filter(pl.col("line").is_in([b.line for b in wrong])).select(text_of(column)).to_series()
        why += _looks_like(cells)
        is_refused = column.maps_to == "date_of_birth" and bad > MOST * filled
        why += " Without birth dates, hardly any child would be found on its roll." if is_refused else ""
        fix = _fix_of_dates(header, column, cells)
        stops: Stops = "file" if is_refused else "nothing"
        yield Breach(contract.id, file, None, header, UNREADABLE_DATES, stops, why, fix)


def _filled(rows: pl.DataFrame, column: Column) -> int:
    """How many cells of a column are not empty; each distinct cell is looked at once."""
    cells = rows.select(pl.col(column.name).value_counts(name="rows")).unnest(column.name)
    return int(cells.filter(~is_empty(column))["rows"].sum())


def _looks_like(cells: pl.Series) -> str:
    """A sentence with each form in which nearly all of these cells are days, among those that no contract reads by default;
    empty: none."""
    read = {form: cells.to_frame("text").select(as_days(pl.col("text"), [form])).to_series() for form in _UNAGREED}
    forms = [form for form, days in read.items() if days.null_count() <= MANY * len(days)]
    open_which = ", and the file does not show which" if len(forms) > 1 else ""
    return f" They look like {' or '.join(forms)}{open_which}." if forms else ""


def _fix_of_dates(header: str, column: Column, cells: pl.Series) -> str:
    """What the sender should do about cells of a column that are no dates."""
    if cells.str.contains(TOO_NARROW).sum() > MOST * len(cells):
        return (
            f"Excel saves ######## where a column is too narrow for its days: widen {header} and save the file again."
        )
    return (
        f"Write each {header} as a day, such as {column.dates_such_as}; or add the file's own form to the contract "
        "(alsoWritten)."
    )


def unknown_codes(
    rows: pl.DataFrame, contract: Contract, file: str, headers: Mapping[str, str], breaches: Sequence[Breach]
) -> Iterator[Breach]:
    """A breach for each column of one file that is checked against its codes and in which most filled cells have none of
    them.

    One such cell is a slip; most of them are the codes of another system. Every row then says what the contract takes an
    unknown code for, such as a place in doubt. ``breaches``: what the rows were found to break.
    """
    for column in contract.columns:
        header = headers.get(column.name)
        broken = [b for b in breaches if (b.rule, b.column) == (KNOWN_CODE, header) and b.stops == "nothing"]
        if header is None or len(broken) <= MOST * ENOUGH_ROWS:
            continue
        filled = rows.height - int(rows.select(is_empty(column).sum()).item())
        if filled >= ENOUGH_ROWS and len(broken) > MOST * filled:
            why = f"{len(broken):,} of its {filled:,} codes are not in this source's contract. {broken[0].why}"
            fix = f"Add the codes of {header} to the contract (codes), each with its meaning. Or: {broken[0].fix}"
            yield Breach(contract.id, file, None, header, UNKNOWN_CODES, "nothing", why, fix)


def ages_of_others(rows: pl.DataFrame, contract: Contract, file: str) -> Iterator[Breach]:
    """A breach if, on a day that the file gives, most of its children were not of the ages that the source is for
    (``misdated``).

    One such birth date is a slip; most of them are a list of older or younger children, which may break no other rule.
    """
    born = [column.name for column in columns_for(contract, "date_of_birth")]
    for statement in contract.says:
        if not statement.ages:
            continue
        read = read_cells(rows, contract, only=[*dict.fromkeys([*statement.on, *born])])
        for name in statement.on:
            dated = read.filter(pl.col(name).is_not_null() & born_on(contract).is_not_null())
            wrong = dated.filter(statement_applies(contract, statement, pl.col(name))).height
            if dated.height < ENOUGH_ROWS or wrong <= MOST * dated.height:
                continue
            header = contract.column_named[name].header
            why = f"On {header} {wrong:,} of its {dated.height:,} children were not of an age that {contract.name} are for."
            fix = f"Send the list that its name says, or start its name with its own source's, not with {contract.id}."
            yield Breach(contract.id, file, None, header, OTHER_AGES, "file", why, fix)


def without_repeated_breaches(breaches: Sequence[Breach]) -> list[Breach]:
    """The breaches of one file, without those of single dates and codes in a column about which :func:`unreadable_dates` or
    :func:`unknown_codes` reports as a whole. Those that keep a row out stay."""
    of_one = {UNREADABLE_DATES: NO_DATE, UNKNOWN_CODES: KNOWN_CODE}
    whole = {(of_one[breach.rule], breach.column) for breach in breaches if breach.rule in of_one}
    return [b for b in breaches if not (b.stops == "nothing" and (b.rule, b.column) in whole)]


def twice_delivered(keys: Sequence[pl.Series]) -> dict[int, int]:
    """Of several files of one source, each that is another delivery of the same rows -> the file with which it shares most
    keys.

    ``keys``: the ``record_id`` of each file's rows, or what they are about (:func:`row_subjects`). Two files are two
    deliveries if they share more than half of the keys of the larger: last week's extract beside this week's, or the
    folders of two nights. A list of corrections beside a whole extract is not, nor are schools that share some pupils.
    """
    if len(keys) < 2:
        return {}
    frames = [own.unique().to_frame(RECORD_ID).with_columns(file=pl.lit(n, pl.Int64)) for n, own in enumerate(keys)]
    rows = pl.concat(frames)
    repeated = rows.filter(pl.col(RECORD_ID).is_duplicated())
    pairs = repeated.join(repeated, on=RECORD_ID, suffix="_other").filter(pl.col("file") != pl.col("file_other"))
    shared = pairs.group_by("file", "file_other").agg(shared=pl.len())
    sizes = pl.Series([frame.height for frame in frames], dtype=pl.Int64)
    larger = pl.max_horizontal(*(sizes.gather(shared[column]).alias(column) for column in ("file", "file_other")))
    enough = (pl.col("shared") >= ENOUGH_ROWS) & (pl.col("shared") > MOST * larger)
    most = shared.filter(enough).sort("shared", "file_other", descending=[True, False]).unique("file", keep="first")
    return dict(most.sort("file").select("file", "file_other").iter_rows())


def row_subjects(files: Sequence[pl.DataFrame], contract: Contract) -> list[pl.Series]:
    """What each row of each file is about: a child, by names and birth date, and when its education began. Empty for a
    source that proves no education.

    A school's censuses may each number their rows anew. Beside the newer one, the older shows children in places that they
    have left, even under other keys. A source that proves no education hides nobody by saying things twice, and may name a
    child in several lists.
    """
    began = {statement.since for statement in contract.says if statement.kind == "provision" and statement.since}
    if not began:
        return []
    columns = [c.name for c in contract.columns if c.maps_to in _CHILD or c.name in began]
    return [rows.select(pl.concat_str(columns, separator="\x1f").str.to_lowercase()).to_series() for rows in files]


def half_written_breach(source: str, file: str) -> Breach:
    """The breach of a file to which somebody wrote while it was read."""
    why = "The file was being written while it was read, so only part of it may have been read."
    fix = (
        "Run the night again when the file is complete. Have it written under a name that ends in .tmp and renamed when it is "
        "complete, or start the night later."
    )
    return Breach.of_file(source, file, "being written", why, fix)


def same_file_breach(source: str, file: str, first: str) -> Breach:
    """The breach of a file that is the same as another, byte for byte."""
    why = f"The file holds exactly what {first} holds, so it counts once."
    return Breach(source, file, None, None, SAME_AGAIN, "nothing", why, "Send each file once.")


def second_deliveries(
    files: Sequence[str], rows: Sequence[pl.DataFrame], contract: Contract | None
) -> Iterator[Breach]:
    """The breach of each of several files of one source (``rows``, as loaded) that is a second delivery or shares keys with
    another.

    ``contract``: of the source; null for files of no known source, which have no rows.
    """
    if contract is None or len(rows) < 2:
        return
    by_key = twice_delivered([loaded[RECORD_ID] for loaded in rows])
    for one, two in (twice_delivered(row_subjects(rows, contract)) | by_key).items():
        if one not in by_key:
            yield _second_delivery(
                contract.id, files[one], files[two], "tell, under other keys, of the children and beginnings"
            )
        elif _are_other_children(rows[one], rows[two], contract):
            yield _shared_keys(contract.id, files[one], files[two])
        else:
            yield _second_delivery(contract.id, files[one], files[two], "have the keys")


def _are_other_children(rows: pl.DataFrame, other: pl.DataFrame, contract: Contract) -> bool:
    """Whether most rows of two files under the same keys have neither a name nor a birth date in common."""
    names = [column.name for column in contract.columns if column.maps_to in _CHILD]
    children = [frame.select(RECORD_ID, pl.col(names).str.to_lowercase()) for frame in (rows, other)]
    both = children[0].join(children[1], on=RECORD_ID, how="inner", suffix=_OTHER)
    alike = [((pl.col(name) == pl.col(name + _OTHER)) & (pl.col(name) != "")).fill_null(value=False) for name in names]
    return bool(alike) and both.filter(pl.any_horizontal(alike)).height < (1 - MOST) * both.height


def _second_delivery(source: str, file: str, other: str, same: str) -> Breach:
    why = (
        f"Most of its rows {same} of rows of {other}: these are two deliveries of the same extract. Nobody can tell which one "
        "is right, and the older one would show children in places that they have left."
    )
    fix = "Leave only the newer one in the folder. If the folder holds the folders of several nights, give tonight's."
    return Breach.of_file(source, file, TWO_DELIVERIES, why, fix)


def _shared_keys(source: str, file: str, other: str) -> Breach:
    """The keys of two systems that each number their rows from one: neither file is the newer."""
    why = (
        f"Most of its rows have keys that {other} uses for other children, as when two systems each number their own: one "
        "child would be taken for another."
    )
    fix = (
        "Have each system put something of its own in front of its keys, such as the school's number; or give the files of "
        "one of them a contract of their own."
    )
    return Breach.of_file(source, file, SHARED_KEYS, why, fix)

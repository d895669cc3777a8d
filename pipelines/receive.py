"""A folder of files -> rows as they came, each counted: loaded, or set aside with the rules it broke.

A file belongs to the source whose contract names it. What breaks a rule of the file keeps the whole file out, what
breaks a rule of the row keeps the row out, and everything kept out stays in a table and goes back to its sender. For
each file, rows read = rows loaded + rows set aside, or nothing goes on.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path, PurePosixPath

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from data_contracts.values import text_of
from pipelines.files import read_bytes, rows_as_json
from pipelines.files.folder import UNKNOWN, ExtractsError, contract_for, contract_for_member, list_files
from pipelines.files.packed import is_packed, unpack
from pipelines.files.rows import UnreadableFileError
from pipelines.rule_history import JudgedFile, rules_tonight
from pipelines.tables import BREACH, DELIVERY, SET_ASIDE

__all__ = [
    "FOR_SENDER", "UNKNOWN", "CheckedFile", "ExtractsError", "IdentifierChecks", "Received", "check_files", "check_path",
    "receive", "sender_files",
]  # fmt: skip

_RECORD_ID = "_record_id"  # beside the contract's own columns, one of which may be called record_id

IdentifierChecks = Mapping[str, Callable[[pl.Expr], pl.Expr]]
"""``upn`` and ``nhsNumber`` -> text expression to true where the check character is right."""

FOR_SENDER = pl.Schema(
    {"file": pl.String, "line": pl.Int64, "column": pl.String, "rule": pl.String, "why": pl.String, "fix": pl.String}
)
"""One row is one thing for the sender to mend; line null: the whole file. No value of a child."""


@dataclass(frozen=True)
class Received:
    """One night's folder, received."""

    raw: dict[str, pl.DataFrame]
    """By source: one row is one loaded row. ``record_id`` (``source:key``, unique), ``file_id``, ``line``, then every
    column of the contract as unchanged text (a column that is itself called ``record_id`` is not said twice). Sources
    of which no file was loaded are left out."""
    breaches: pl.DataFrame
    """Schema BREACH, by file and line."""
    set_aside: pl.DataFrame
    """Schema SET_ASIDE. Of a refused file every row, by the rules that refused the file."""
    deliveries: pl.DataFrame
    """Schema DELIVERY. A second copy of a file is no delivery of its own."""
    rules: pl.DataFrame
    """Schema RULE_HISTORY, of tonight alone."""


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """The verdict on one file, before it is delivered. No value from the file."""

    source: str
    """Id of its contract; ``unknown`` where none names it."""
    file: str
    rows_read: int
    rows_set_aside: int
    is_refused: bool
    headers: Mapping[str, str]
    """Our name for a column -> its header in the file; empty where the file could not be read."""
    breaches: tuple[Breach, ...]


@dataclass(frozen=True, slots=True)
class _Judging:
    """What the judge is told beside the contract."""

    identifier_checks: IdentifierChecks
    today: date | None
    """Days after it are in the future; null: the day on which it runs."""


@dataclass(frozen=True, slots=True)
class _Delivery:
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


def receive(
    folder: Path,
    contracts: Mapping[str, Contract],
    *,
    received_at: datetime,
    as_at: date | None = None,
    identifier_checks: IdentifierChecks | None = None,
) -> Received:
    """Read and judge every file of a folder (and of the folders in it), each against the contract that names it.

    Hidden files, lock files (``~$``) and ``.tmp`` files are passed over. ``received_at`` is UTC.
    Days after it, and after ``as_at`` (the date judged) where that is later, are in the future.
    Raises :class:`ExtractsError` where the folder is missing, empty or no folder, and where no roll could be loaded:
    without a roll every child would look like one on none.
    """
    if folder.is_file():
        raise ExtractsError(f"{folder}: this is a file, not a folder. Give the folder that holds the agencies' files.")
    today = max(received_at.date(), as_at or received_at.date())
    judging = _Judging(identifier_checks or _identifier_checks(), today)
    deliveries = _deliveries(folder, contracts, judging)
    _refuse_no_roll(folder, contracts, deliveries)
    raw: dict[str, list[pl.DataFrame]] = {}
    for delivery in deliveries:
        if not delivery.is_refused:
            raw.setdefault(delivery.source, []).append(_raw(delivery, contracts[delivery.source]))
    return Received(
        {source: pl.concat(frames) for source, frames in raw.items()},
        _breach_table(deliveries),
        pl.concat([pl.DataFrame(schema=SET_ASIDE), *(d.set_aside for d in deliveries)]),
        _delivery_table(deliveries, received_at),
        _rules(deliveries, contracts, as_at or received_at.date()),
    )


def check_path(
    path: Path, contracts: Mapping[str, Contract], identifier_checks: IdentifierChecks | None = None
) -> list[Breach]:
    """Every breach of one file, or of every file of a folder, as :func:`check_files` finds them."""
    return [breach for file in check_files(path, contracts, identifier_checks) for breach in file.breaches]


def check_files(
    path: Path, contracts: Mapping[str, Contract], identifier_checks: IdentifierChecks | None = None
) -> list[CheckedFile]:
    """Judge one file, or every file of a folder, as the night would; nothing is kept.

    Raises :class:`ExtractsError` where the path is missing or the folder empty.
    """
    deliveries = _deliveries(path, contracts, _Judging(identifier_checks or _identifier_checks(), None))
    return [
        CheckedFile(d.source, d.file, d.rows_read, d.set_aside.height, d.is_refused, d.headers, d.breaches)
        for d in deliveries
    ]


def sender_files(received: Received) -> dict[str, pl.DataFrame]:
    """By source: what its sender has to mend, schema :data:`FOR_SENDER`. Sources with nothing to mend are left out."""
    to_mend = received.breaches.filter(pl.col("stops") != "nothing")
    return {
        str(source): rows.select(FOR_SENDER.names()).sort("file", "line", nulls_last=False, maintain_order=True)
        for (source,), rows in to_mend.partition_by("source", as_dict=True).items()
    }


def _identifier_checks() -> IdentifierChecks:
    from matching.identifiers import nhs_number_is_valid, upn_is_valid

    return {"upn": upn_is_valid, "nhsNumber": nhs_number_is_valid}


def _deliveries(path: Path, contracts: Mapping[str, Contract], judging: _Judging) -> list[_Delivery]:
    """Every file judged, in the order of their names; rows that several files of a source share are settled."""
    deliveries: list[_Delivery] = []
    for delivery in (taken for file in list_files(path) for taken in _take(file, path, contracts, judging)):
        first = next((d for d in deliveries if (d.source, d.sha256) == (delivery.source, delivery.sha256)), None)
        if first and delivery.sha256:
            again = _same_again(delivery, first)
            deliveries[deliveries.index(first)] = replace(first, breaches=(*first.breaches, again))
        else:
            deliveries.append(delivery)
    settled = [d for source in (*contracts, UNKNOWN) for d in _settled(deliveries, contracts.get(source), source)]
    for delivery in settled:
        _check_accounts(delivery)
    return settled


def _take(file: Path, folder: Path, contracts: Mapping[str, Contract], judging: _Judging) -> Iterator[_Delivery]:
    """Read and judge one file, or, where it is packed, each file in it."""
    place = PurePosixPath(file.name if file == folder else file.relative_to(folder))
    contract, wrong = contract_for(place, contracts)
    try:
        data = file.read_bytes()
    except OSError:
        source = contract.id if contract else UNKNOWN
        wrong = Breach(
            source, file.name, None, None, "not readable", "file",
            "The file could not be opened.", "Give this account the right to read it, and look after the disk.",
        )  # fmt: skip
        yield _refused(source, file.name, None, (wrong,))
        return
    if is_packed(file.name):
        yield from _take_packed(place, data, contracts, judging)
    elif contract is None or wrong:
        yield _refused(contract.id if contract else UNKNOWN, file.name, data, (wrong,) if wrong else ())
    else:
        yield _judged(file.name, data, contract, judging)


def _take_packed(
    place: PurePosixPath, data: bytes, contracts: Mapping[str, Contract], judging: _Judging
) -> Iterator[_Delivery]:
    """Read and judge each file of an archive as a delivery of its own; an archive that is refused is one itself."""
    try:
        members = unpack(place.name, data)
    except UnreadableFileError as error:
        contract, _ = contract_for_member(place, PurePosixPath(place.name).stem, contracts)
        source = contract.id if contract else UNKNOWN
        breach = Breach(source, place.name, error.line, None, error.rule, "file", error.why, error.fix)
        yield _refused(source, place.name, data, (breach,))
        return
    for member in members:
        contract, wrong = contract_for_member(place, member.name, contracts)
        if contract is None or wrong:
            told = (replace(wrong, file=member.shown),) if wrong else ()
            yield _refused(contract.id if contract else UNKNOWN, member.shown, member.data, told)
        else:
            yield _judged(member.name, member.data, contract, judging, member.shown)


def _refused(source: str, file: str, data: bytes | None, breaches: tuple[Breach, ...]) -> _Delivery:
    """A file whose rows were never read."""
    sha256 = None if data is None else hashlib.sha256(data).hexdigest()
    nothing = pl.DataFrame(schema=SET_ASIDE)
    file_id = (sha256 or hashlib.sha256(file.encode()).hexdigest())[:16]
    return _Delivery(
        source, file, file_id, sha256, len(data or b""), 0, pl.DataFrame(), nothing, breaches, {}, is_refused=True
    )


def _judged(file: str, data: bytes, contract: Contract, judging: _Judging, shown: str | None = None) -> _Delivery:
    """Read a file and part its rows into those loaded and those set aside. ``shown``: what people call the file."""
    from data_contracts.check import judge

    found = read_bytes(file, data, contract)
    blank = _refused(contract.id, shown or file, data, ())
    breaches = [replace(breach, file=blank.file) for breach in found.breaches]
    if not found.is_refused:
        breaches += judge(
            found.rows,
            found.contract or contract,
            blank.file,
            found.headers,
            identifier_checks=judging.identifier_checks,
            today=judging.today,
        )
    # A rule of the row that names no line cannot set its row aside, so it must not let the file through.
    stopping = [b for b in breaches if b.stops == "file" or (b.stops == "row" and b.line is None)]
    key = pl.concat_str(pl.lit(f"{contract.id}:"), text_of(contract.key).fill_null(""))
    rows = found.rows.with_columns(key.alias(_RECORD_ID))
    fitted = replace(blank, rows_read=found.rows_read, loaded=rows, headers=found.headers, is_refused=bool(stopping))
    parted = _set_aside(fitted, breaches, everything=stopping)
    bad = found.bad_lines.select(
        source=pl.lit(contract.id), file_id=pl.lit(blank.file_id), line="line", rules="rule",
        record_id=pl.lit(None, pl.String), row="row",
    )  # fmt: skip
    return replace(parted, set_aside=pl.concat([parted.set_aside, bad]).sort("line"))


def _set_aside(delivery: _Delivery, breaches: Sequence[Breach], everything: Sequence[Breach] = ()) -> _Delivery:
    """Move the rows that break a rule from ``loaded`` to ``set_aside``; all rows where ``everything`` is broken."""
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
        pl.when(pl.col(_RECORD_ID) != f"{delivery.source}:").then(pl.col(_RECORD_ID)).alias("record_id"),
        rows_as_json(aside, delivery.headers),
    )
    return replace(
        delivery,
        loaded=rows.filter(pl.col("rules").is_null()).drop("rules"),
        set_aside=pl.concat([delivery.set_aside, kept]),
        breaches=(*delivery.breaches, *breaches),
    )


def _settled(deliveries: Iterable[_Delivery], contract: Contract | None, source: str) -> Iterator[_Delivery]:
    """The files of one source, after rows whose key stands in several of them are set aside, as within one file.

    Of rows that are the same in every column the first counts; of those that differ nobody can tell which one holds.
    """
    own = [delivery for delivery in deliveries if delivery.source == source]
    loaded = [d.loaded.with_columns(_order=pl.lit(n)) for n, d in enumerate(own) if not d.is_refused]
    if contract is None or not loaded:
        yield from own
        return
    rows = pl.concat(loaded)
    is_empty = pl.col(_RECORD_ID) == f"{source}:"
    suspect = rows.filter(pl.col(_RECORD_ID).is_duplicated() | is_empty)  # few or none: only these are compared in full
    content = pl.struct(*contract.column_named).hash()
    differs = content.min().over(_RECORD_ID) != content.max().over(_RECORD_ID)
    clashing = suspect.filter(is_empty | differs | ~content.is_first_distinct())
    for order, delivery in enumerate(own):
        keys = clashing.filter(pl.col("_order") == order).select("line", _RECORD_ID).iter_rows()
        breaches = [_key_breach(contract, delivery, line, is_empty=key == f"{source}:") for line, key in keys]
        yield _set_aside(delivery, breaches) if breaches else delivery


def _key_breach(contract: Contract, delivery: _Delivery, line: int, *, is_empty: bool) -> Breach:
    header = delivery.headers.get(contract.key.name, contract.key.header)
    if is_empty:
        return Breach(
            contract.id, delivery.file, line, header, "required", "row",
            "A row without a key cannot be followed from night to night.", "Give every row a key of its own.",
        )  # fmt: skip
    return Breach(
        contract.id, delivery.file, line, header, "unique key", "row",
        "Another row of this source, perhaps in another file, has the same key, and nobody can tell which one holds.",
        "Give every row a key of its own, and send each row once.",
    )  # fmt: skip


def _raw(delivery: _Delivery, contract: Contract) -> pl.DataFrame:
    """The loaded rows in the shape of their ``raw_`` table."""
    return delivery.loaded.select(
        pl.col(_RECORD_ID).alias("record_id"),
        pl.lit(delivery.file_id).alias("file_id"),
        pl.col("line"),
        *(name for name in contract.column_named if name != "record_id"),
    )


def _same_again(delivery: _Delivery, first: _Delivery) -> Breach:
    return Breach(
        delivery.source, delivery.file, None, None, "same file twice", "nothing",
        f"The file holds exactly what {first.file} holds, so it counts once.", "Send each file once.",
    )  # fmt: skip


def _rules(deliveries: Sequence[_Delivery], contracts: Mapping[str, Contract], as_at: date) -> pl.DataFrame:
    files = [JudgedFile(d.source, d.rows_read, d.headers, d.breaches) for d in deliveries]
    return rules_tonight(files, contracts, as_at)


def _check_accounts(delivery: _Delivery) -> None:
    loaded, aside = delivery.loaded.height, delivery.set_aside.height
    if delivery.rows_read != loaded + aside or (delivery.is_refused and loaded):
        raise ExtractsError(
            f"{delivery.file}: {delivery.rows_read} rows were read, but {loaded} are loaded and {aside} set aside. "
            "A row must never be lost: nothing goes on. This is a fault in Rollcall; report it with this message."
        )


def _refuse_no_roll(folder: Path, contracts: Mapping[str, Contract], deliveries: Sequence[_Delivery]) -> None:
    rolls = [contract for contract in contracts.values() if contract.is_roll]
    sources = {contract.id for contract in rolls}
    if any(delivery.loaded.height for delivery in deliveries if delivery.source in sources):
        return
    breaches = [b for d in deliveries if d.source in sources for b in d.breaches if b.stops != "nothing"]
    breaches = breaches or [b for d in deliveries if d.source == UNKNOWN for b in d.breaches]
    names = ", ".join(name for contract in rolls for name in contract.files.names)
    told = "".join(f"\n  {breach}" for breach in breaches[:5])
    raise ExtractsError(
        f"{folder}: no row of a roll could be loaded, and without a roll every child would look missing. "
        f"Put a roll there ({names or 'no contract is for a roll'}) and start again.{told}",
        breaches,
    )


def _breach_table(deliveries: Sequence[_Delivery]) -> pl.DataFrame:
    rows = [
        (b.source, d.file_id, b.file, b.line, b.column, b.rule, b.stops, b.why, b.fix)
        for d in deliveries
        for b in sorted(d.breaches, key=lambda breach: breach.line or 0)
    ]
    return pl.DataFrame(rows, schema=BREACH, orient="row")


def _delivery_table(deliveries: Sequence[_Delivery], received_at: datetime) -> pl.DataFrame:
    rows = [
        (
            d.file_id, d.source, d.file, d.sha256, d.size, d.rows_read, d.loaded.height, d.set_aside.height,
            "refused" if d.is_refused else "loaded", received_at,
        )
        for d in deliveries
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=DELIVERY, orient="row")

"""``WORKSPACE/former_identities.sqlite``: records of children's identities before adoption, which must never be linked.

The adoption team hands in identifiers of the former identity: NHS number, UPN, or a record of an extract. Only keyed hashes
of these are kept (HMAC-SHA-256, RFC 2104, with a key of this workspace), and nothing about the new identity. A record with
one of them is read by no step after intake: it is linked to nothing, listed nowhere and explained nowhere. Names do not
count: another child of the same name and birth date must not vanish because of it.
"""

import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from matching.canonical.identifiers import canonical_nhs_number, canonical_upn
from pipelines.atomic_folder import replace_private
from pipelines.decisions.append_only import append_only
from pipelines.files.handed_in import cells_handed_in, listed_faults
from pipelines.intake.in_one_form.standardise import Standardised
from pipelines.intake.receipt.last_intake import in_record_id
from pipelines.settings import SettingsError

FORMER_FILE, KEY_FILE = "former_identities.sqlite", "former_identities.key"
KEY_BYTES = 32
WITHHELD, RELEASED = "withheld", "released"
TABLES = {
    "former_identity": "hash text not null, what text not null check (what in ('withheld', 'released')), "
    "by text not null, at text not null",
    "key_mark": "mark text not null",
}
"""``key_mark``: one row, by which the key is known again. Under another key every former identity would be listed again."""
BEARS = {"nhs_number": "nhs_number", "upn": "upn", "record_id": "record"}
"""Column of ``person_record`` -> column of the adoption team's file. A school may keep the former UPN beside the new one:
that alone does not make a record of the former identity, and only that cell is withheld."""


@dataclass(frozen=True)
class FormerIdentities:
    """What is withheld in a workspace."""

    key: bytes
    hashes: frozenset[str]

    @property
    def mark(self) -> str:
        """Differs for every other set withheld, and under another key; empty if nothing is withheld."""
        hashes = "".join(sorted(self.hashes))
        return hmac.digest(self.key, hashes.encode(), "sha256").hex() if hashes else ""

    def are(self, column: str, values: pl.Series) -> pl.Series:
        """Which of the values are withheld, each once; ``column``: one of ``BEARS``."""
        distinct = values.drop_nulls().unique()
        found = [value for value in distinct if _hashed(self.key, BEARS[column], value) in self.hashes]
        return pl.Series(values.name, found, dtype=pl.String)


def _hashed(key: bytes, what: str, value: str) -> str:
    return hmac.digest(key, f"{what}:{value}".encode(), "sha256").hex()


def read_former(workspace: Path) -> FormerIdentities:
    """What is withheld. Raises :class:`~pipelines.settings.SettingsError` if its key is lost."""
    if not (workspace / FORMER_FILE).exists():
        return FormerIdentities(b"", frozenset())
    with append_only(workspace / FORMER_FILE, TABLES) as connection:
        return _withheld(connection, workspace)


def _withheld(connection: sqlite3.Connection, workspace: Path) -> FormerIdentities:
    """What is withheld, and its key. If nothing was ever handed in, the key is made here, while nobody else can make one."""
    rows = connection.execute("select hash, what from former_identity order by rowid").fetchall()
    hashes = frozenset(hashed for hashed, what in dict(rows).items() if what == WITHHELD)
    key = _key(workspace, is_new=not rows)
    if rows:
        _same_key(connection, key, workspace)
    return FormerIdentities(key, hashes)


def _same_key(connection: sqlite3.Connection, key: bytes, workspace: Path) -> None:
    """Note the mark of the key, or raise SettingsError if it is not that of the key noted before."""
    mark = _hashed(key, "key", "mark")
    noted = connection.execute("select mark from key_mark").fetchone()
    if noted is None:
        connection.execute("insert into key_mark (mark) values (?)", (mark,))
    elif noted != (mark,):
        raise SettingsError(_unusable(f"{workspace / KEY_FILE} is not the key that it was."))


def _key(workspace: Path, *, is_new: bool) -> bytes:
    path = workspace / KEY_FILE
    try:
        if is_new and not path.exists():
            replace_private(path, secrets.token_bytes(KEY_BYTES))
        key = path.read_bytes()
    except OSError as error:
        fault = f"{path} cannot be used: {error.strerror}."
    else:
        if len(key) == KEY_BYTES:
            return key
        fault = f"{path} is not the key that it was."
    raise SettingsError(_unusable(fault))


def _unusable(fault: str) -> str:
    """A fault of the key, what follows from it and what to do."""
    return (
        f"{fault} Without it no record of a former identity can be recognised, and no night may run. Restore it from the "
        f"backup that {FORMER_FILE} is from."
    )


@dataclass(frozen=True)
class HandedIn:
    """What became of a file of the adoption team."""

    changed: int
    """Identifiers that are newly withheld, or newly withheld no longer."""
    borne: int | None
    """How many of the identifiers in the file a record of last night has; null: there is no night to look in."""
    named: int
    """Identifiers in the file, each counted once."""


def hand_in(
    file: Path, workspace: Path, by: str, *, release: bool = False, person: pl.DataFrame | None = None
) -> HandedIn:
    """Keep the hashes of the identifiers in a file, or release them. The file itself is not kept.

    ``file``: a CSV or workbook with any of the columns ``nhs_number``, ``upn``, ``record`` (source:key); one identifier in
    a line is enough. ``person``: ``person_record`` of last night, in which a mistyped identifier is noticed by its absence;
    null: no night yet. Raises :class:`~pipelines.settings.SettingsError` naming each line that cannot be kept, and no
    value.
    """
    if not by.strip():
        raise SettingsError("--by: give the name of the person who hands this in.")
    given = _given(file)
    at, what = datetime.now(UTC).isoformat(), RELEASED if release else WITHHELD
    with append_only(workspace / FORMER_FILE, TABLES) as connection:
        kept = _withheld(connection, workspace)
        values = ((name, value) for name in BEARS.values() for value in given[name].drop_nulls())
        named = {_hashed(kept.key, name, value) for name, value in values}
        changed = sorted(named & kept.hashes if release else named - kept.hashes)
        connection.executemany(
            "insert into former_identity (hash, what, by, at) values (?, ?, ?, ?)",
            [(hashed, what, by.strip(), at) for hashed in changed],
        )
        _same_key(connection, kept.key, workspace)
    known = FormerIdentities(kept.key, frozenset(named))
    borne = None if person is None else sum(known.are(column, person[column]).len() for column in BEARS)
    return HandedIn(len(changed), borne, len(named))


def _given(file: Path) -> pl.DataFrame:
    """The identifiers of a file in their canonical form, one row for each line. Raises SettingsError."""
    columns = list(BEARS.values())
    sent = cells_handed_in(file, (), columns)
    forms = {
        "nhs_number": canonical_nhs_number(pl.col("nhs_number")),
        "upn": canonical_upn(pl.col("upn")),
        "record": in_record_id(pl.col("record").str.extract(r"^([a-z][a-z0-9_]*:.+)$")),
    }
    given = sent.select(forms[name].alias(name) for name in columns)
    rules = [
        (
            name,
            sent[name].is_not_null() & given[name].is_null(),
            "not in the form of such an identifier. Copy it as the extract has it",
        )
        for name in columns
    ]
    faults = [f"{place}, {name}: {fault}." for name, wrong, fault in rules for place in sent.filter(wrong)["place"]]
    faults += [
        f"{place}: no identifier. Fill in one, or take the line out."
        for place in sent.filter(pl.all_horizontal(pl.col(columns).is_null()))["place"]
    ]
    if faults:
        raise SettingsError(
            f"{file.name}: nothing was kept. Correct these lines and hand it in again.{listed_faults(faults)}"
        )
    return given


def without_former(
    made: Standardised, former: FormerIdentities, renumbered: pl.DataFrame
) -> tuple[Standardised, pl.Series]:
    """Records and statements without those of former identities, and the ``record_id`` of the latter, sorted.

    ``renumbered``: ``RENUMBERED``; a record withheld under an earlier key is withheld under each later one. A withheld
    former UPN is removed from a record that keeps it beside the new one.
    """
    person = made.person
    if not former.hashes:
        return made, person["record_id"].clear()
    bears = [pl.col(column).is_in(former.are(column, person[column]).implode()) for column in BEARS]
    keyed = renumbered.filter(pl.col("now_id").is_in(person["record_id"].implode()))
    once = former.are("record_id", keyed["record_id"])
    bears.append(pl.col("record_id").is_in(keyed.filter(pl.col("record_id").is_in(once.implode()))["now_id"].implode()))
    withheld = person.filter(pl.any_horizontal(bears))["record_id"].sort()
    old = former.are("upn", person["former_upn"].alias("upn")).implode()
    is_kept = ~pl.col("record_id").is_in(withheld.implode())
    kept = person.filter(is_kept).with_columns(former_upn=pl.when(~pl.col("former_upn").is_in(old)).then("former_upn"))
    return Standardised(kept, made.statements.filter(is_kept)), withheld

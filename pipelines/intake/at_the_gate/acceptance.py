"""A named person overrules the completeness gate for one file, once; who did and why is kept."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

import polars as pl

from data_contracts.contract import Contract
from pipelines.files.folder import contract_for
from pipelines.lock import lock
from pipelines.migrations import bring_forward
from pipelines.settings import SettingsError
from pipelines.store import Store
from pipelines.tables import ACCEPTANCE
from pipelines.workspace import private_files


def accept(workspace: Path, contracts: Mapping[str, Contract], given: Path, *, why: str, by: str, as_at: date) -> str:
    """Record that ``by`` accepts a file, or its absence, for the night of ``as_at``; returns its source.

    ``given``: the file itself; its name, if it has not come; or the name of its source. A file that is there is accepted as
    it is: another file under its name is held again. Raises :class:`~pipelines.settings.SettingsError` if ``why`` or ``by``
    is empty or no contract knows the file, and the store's errors.
    """
    source = _source_of(given, contracts)
    if not why.strip() or not by.strip():
        raise SettingsError(
            "--accept needs --why, in words, and --by, the name of the person who takes responsibility for it."
        )
    sha256 = hashlib.sha256(given.read_bytes()).hexdigest() if given.is_file() else None
    row = (as_at, source, given.name, sha256, why.strip(), by.strip(), datetime.now(UTC))
    with private_files(), lock(workspace):
        bring_forward(workspace)
        with Store(workspace) as store, store.transaction():
            store.write(
                "acceptance",
                pl.concat([store.read_or_empty("acceptance"), pl.DataFrame([row], schema=ACCEPTANCE, orient="row")]),
            )
    return source


def acceptances_in_force(acceptances: pl.DataFrame, deliveries: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """The acceptances (``ACCEPTANCE``) for tonight whose files are as they were accepted; for each source, the last one."""
    came = deliveries["sha256"].drop_nulls().unique().implode()
    holds = pl.col("sha256").is_null() | pl.col("sha256").is_in(came)
    return acceptances.filter((pl.col("as_at") == as_at) & holds).unique("source", keep="last", maintain_order=True)


def _source_of(given: Path, contracts: Mapping[str, Contract]) -> str:
    if str(given) in contracts:
        return str(given)
    names = (PurePosixPath(given.parent.name, given.name), PurePosixPath(given.name))
    contract = next((found for name in names if (found := contract_for(name, contracts)[0])), None)
    if contract is None:
        near = [f"did you mean {name}? " for name in get_close_matches(given.name, contracts, n=1)]
        raise SettingsError(
            f"--accept {given.name}: {''.join(near)}No contract names this file. Give tonight's file that the night was held "
            f"for, or its source: {', '.join(contracts)}."
        )
    return contract.id

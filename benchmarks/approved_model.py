"""Trains the weights used when a night has too few records to learn from: ``matching/data/approved_model.toml``.

    python benchmarks/approved_model.py

They are learnt without labels from a made-up authority of 40,000 children, so that a clean checkout can link at once. An
authority's own approved weights replace them.
"""

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from apps.made_up.authority import make_authority
from data_contracts.contract import read_contracts
from matching.weights.model import write_model
from pipelines.intake.in_one_form.standardise import standardise
from pipelines.intake.receipt.receive import receive
from pipelines.linking.link import APPROVED_MODEL, link, records_to_link

AS_AT = date(2026, 9, 30)


def main() -> None:
    """Make the authority, train, write the model."""
    contracts = read_contracts()
    with tempfile.TemporaryDirectory() as folder:
        make_authority(Path(folder), children=40_000, seed=2026, as_at=AS_AT)
        received = receive(Path(folder) / "extracts", contracts, received_at=datetime.now(UTC))
        person = standardise(received.raw, contracts, as_at=AS_AT).person
    linked = link(records_to_link(_with_months_alone(person)))
    write_model(linked.weights.model, APPROVED_MODEL)
    print(linked.report.figures)


def _with_months_alone(person: pl.DataFrame) -> pl.DataFrame:
    """``person`` (``PERSON``) with the month of birth alone in every tenth record, and the year alone in one of a hundred, so
    that their weights are learnt too: the authority has whole dates."""
    row = pl.int_range(pl.len())
    born, is_month, is_year = pl.col("date_of_birth"), row % 10 == 0, row % 100 == 5
    said = pl.when(is_month).then(born.dt.strftime("%Y-%m")).when(is_year).then(born.dt.strftime("%Y"))
    return person.with_columns(date_of_birth=pl.when(~is_month & ~is_year).then(born), born_in=said)


if __name__ == "__main__":
    main()

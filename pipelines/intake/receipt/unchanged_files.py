"""Sources whose files are last night's, byte for byte: they are not read again, and what the store has of them stays.

That is so if
- the files come under the same names and in the same order;
- they were read and judged by the same software under the same contract, on a day no later than tonight's;
- none of them broke a rule that depends on the day;
- last night's verdicts are about the rows that the store has, which they may not be after a night that was held.

One verdict depends on other files: where the pupils live. :mod:`pipelines.intake.receipt.elsewhere` asks that again.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from data_contracts.breach import Breach
from data_contracts.rules import NOT_IN_FUTURE
from pipelines.intake.receipt.delivery import Delivery, Opened
from pipelines.intake.receipt.last_intake import LastIntake, reading_fingerprint
from pipelines.intake.receipt.misleading_files import SAME_AGAIN


def unchanged_deliveries(files: Sequence[Opened], last: LastIntake, today: date) -> dict[str, list[Delivery]]:
    """Source -> its deliveries in the order of ``files``, for the sources that stay as they are. ``today``: the last day
    that is not in the future."""
    if last.stood_on is None:
        return {}
    by_source: dict[str, list[Opened]] = {}
    for file in files:
        by_source.setdefault(file.contract.id, []).append(file)
    return {source: _deliveries(own, last) for source, own in by_source.items() if _stands(source, own, last, today)}


def _stands(source: str, files: Sequence[Opened], last: LastIntake, today: date) -> bool:
    if len({file.sha256 for file in files}) < len(files):
        return False
    judged = last.judged.filter(source=source)
    same_rows = [(file.shown, file.file_id) for file in files] == judged.select("file", "file_id").rows()
    delivered = last.delivered.filter(source=source)
    verdicts = delivered.select("file", "sha256", "verdict").rows()
    same_verdicts = [(file.shown, file.sha256, "loaded") for file in files] == verdicts
    if not (same_rows and same_verdicts) or set(judged["read_by"]) != {reading_fingerprint(files[0].contract)}:
        return False
    if not delivered["rows_loaded"].sum():  # no rows are there to take a figure from
        return False
    on = judged["judged_on"].to_list()
    broken = set(last.breaches.filter(source=source)["rule"])
    hangs_on_the_day = NOT_IN_FUTURE in broken and set(on) != {today}
    return max(on) <= today and not hangs_on_the_day and SAME_AGAIN not in broken


def _deliveries(files: Sequence[Opened], last: LastIntake) -> list[Delivery]:
    source = files[0].contract.id
    judged = {row["file_id"]: row for row in last.judged.filter(source=source).to_dicts()}
    delivered = {row["file_id"]: row for row in last.delivered.filter(source=source).to_dicts()}
    return [_delivery(file, last, judged[file.file_id], delivered[file.file_id]) for file in files]


def _delivery(file: Opened, last: LastIntake, judged: Mapping[str, str], delivered: Mapping[str, int]) -> Delivery:
    own = {"source": file.contract.id, "file_id": file.file_id}
    breaches = last.breaches.filter(**own).select(*Breach.__dataclass_fields__).rows()
    return Delivery(
        file.contract.id,
        file.shown,
        file.file_id,
        file.sha256,
        len(file.data),
        delivered["rows_read"],
        loaded=pl.DataFrame(),
        set_aside=last.set_aside.filter(**own),
        breaches=tuple(Breach(*each) for each in breaches),
        headers=json.loads(judged["headers"]),
        is_refused=False,
        judged_by=judged["judged_by"],
        stands=delivered["rows_loaded"],
    )

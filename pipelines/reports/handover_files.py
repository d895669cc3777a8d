"""The files of a handover: a page to read, and the same as CSV and JSON for the receiving authority's system."""

import json
from dataclasses import asdict

import polars as pl

from pipelines.publish.page import page
from pipelines.publish.tabular import csv_bytes
from pipelines.reasons import with_commas
from pipelines.reports.handover import Handover
from pipelines.written_dates import birth_written


def handover_files(packet: Handover) -> dict[str, bytes]:
    """File name -> content."""
    name = " ".join(part for part in (packet.forename, packet.surname) if part) or None
    address = with_commas(packet.last_address, packet.last_postcode) or None
    if packet.is_protected:
        address = packet.last_address
    row = asdict(packet)
    text = json.dumps(row, indent=2, ensure_ascii=False, default=str)  # a date as YYYY-MM-DD
    return {
        "handover.html": page(
            "handover.html.j2",
            packet=packet,
            name=name,
            born=birth_written(packet.date_of_birth, packet.born_in),
            address=address,
        ),
        "handover.csv": csv_bytes(pl.DataFrame([row])),
        "handover.json": text.encode(),
    }

"""One night of a made-up authority in progress: its books are changed, and each change is noted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from apps.made_up.books import LAYOUT_OF, Books
from apps.made_up.draws import Dice, Flags, Numbers

ROLL = "school_census"

EVENT = pl.Schema(
    {"as_at": pl.Date, "event": pl.String, "source": pl.String, "source_record_id": pl.String, "child_id": pl.String}
)
"""One row is one record to which something happened."""


@dataclass
class Night:
    """One night in progress."""

    as_at: date
    dice: Dice
    books: Books
    events: list[pl.DataFrame] = field(default_factory=list)
    event: str = ""

    @property
    def iso(self) -> str:
        """The date as the roll writes it."""
        return self.as_at.isoformat()

    def log(self, source: str, frame: pl.DataFrame) -> None:
        """Note the rows of a source that the current event changes."""
        noted = frame.select(source_record_id=LAYOUT_OF[source].key, child_id="child_id")
        event = {"as_at": pl.lit(self.as_at), "event": pl.lit(self.event), "source": pl.lit(source)}
        self.events.append(noted.with_columns(**event).select(EVENT.names()))

    def some(self, able: pl.Series | Flags, count: int) -> Numbers:
        """Draw ``count`` positions (all, if there are fewer) where ``able`` is true, in ascending order."""
        places = np.flatnonzero(np.asarray(able))
        return np.sort(self.dice.choice(places, size=min(count, len(places)), replace=False))

    def edit(self, source: str, at: Numbers, columns: dict[str, Sequence[str | None]]) -> None:
        """Write new values into columns of the rows ``at``."""
        if len(at) == 0:
            return
        frame = self.books.rows[source]
        written = [
            frame[name].scatter(at, pl.Series(list(values), dtype=pl.String)) for name, values in columns.items()
        ]
        self.books.rows[source] = frame.with_columns(written)
        self.log(source, self.books.rows[source][at])

    def take(self, source: str, at: Numbers, why: str) -> None:
        """Remove rows from an extract and hold them back."""
        frame = self.books.rows[source]
        out = frame[at]
        if out.height:
            self.hold(source, out, why)
            self.log(source, out)
            self.books.rows[source] = frame.filter(~pl.int_range(pl.len()).is_in(at.tolist()))

    def hold(self, source: str, rows: pl.DataFrame, why: str) -> None:
        """Keep rows as they are, to bring them back some night."""
        kept = rows.with_columns(why=pl.lit(why), held_on=pl.lit(self.as_at))
        self.books.held[source] = pl.concat([self.books.held[source], kept.select(self.books.held[source].columns)])

    def bring(self, source: str, which: pl.Expr) -> None:
        """Return rows that were held back to the extract."""
        held = self.books.held[source]
        back = held.filter(which).drop("why", "held_on")
        if back.height:
            self.books.held[source] = held.filter(~which)
            self.books.rows[source] = pl.concat([self.books.rows[source], back])
            self.log(source, back)

    def tell(self, children: pl.Series, **facts: object) -> None:
        """Change the truth about children."""
        hit, kind = pl.col("child_id").is_in(children.unique().implode()), self.books.children.schema
        self.books.children = self.books.children.with_columns(
            pl.when(hit).then(pl.lit(value, kind[name])).otherwise(name).alias(name) for name, value in facts.items()
        )

    def are(self, frame: pl.DataFrame, which: pl.Expr) -> pl.Series:
        """True for rows of children for whom ``which`` is true."""
        return frame["child_id"].is_in(self.books.children.filter(which)["child_id"].implode())

    def add(self, source: str, rows: pl.DataFrame) -> None:
        """Write new rows into an extract, each under the next key; ``rows``: its columns but the key, and ``child_id``."""
        key, prefix = LAYOUT_OF[source].key, LAYOUT_OF[source].prefix
        used = self.books.records.filter(source=source)["source_record_id"].str.extract(rf"^{prefix}(\d+)$")
        highest = max(used.cast(pl.Int64).drop_nulls().to_list(), default=0)
        keys = [f"{prefix}{highest + 1 + n:07d}" for n in range(rows.height)]
        new = rows.with_columns(pl.Series(key, keys, dtype=pl.String)).select(self.books.rows[source].columns)
        self.books.rows[source] = pl.concat([self.books.rows[source], new])
        records = new.select(source=pl.lit(source), source_record_id=key, child_id="child_id")
        self.books.records = pl.concat([self.books.records, records])
        self.log(source, new)

"""Holds the list against its own contract before it may be published."""

import polars as pl

from data_contracts.check import judge_candidates
from pipelines.counted import counted
from pipelines.listing.masking import WITHHELD
from pipelines.tables import CANDIDATE
from pipelines.whole_folder import PublicationFailed


def check_list(candidates: pl.DataFrame) -> None:
    """Raise :class:`PublicationFailed`, naming each broken rule and no child, where the masked list is not sound."""
    broken = _broken_here(candidates)
    if not broken:
        broken = [str(breach) for breach in judge_candidates(candidates) if breach.stops != "nothing"]
    if broken:
        raise PublicationFailed(
            "The list breaks its own contract, so the last published list stays: " + " ".join(broken[:20])
        )


def _broken_here(candidates: pl.DataFrame) -> list[str]:
    """Rules that hold between columns or rows, and so stand in no column's contract."""
    if candidates.schema != CANDIDATE:
        differ = sorted(set(candidates.schema.items()) ^ set(CANDIDATE.items()), key=str)
        columns = sorted({name for name, _ in differ}) or ["the order of the columns"]
        return [f"Its columns are not those of pipelines/tables/: {', '.join(columns)}."]
    show = pl.any_horizontal(pl.col("address", "postcode", "last_seen_by").ne_missing(WITHHELD))
    rules = {
        "rank must count 1, 2, 3 in the order of the rows.": pl.col("rank") != pl.int_range(1, pl.len() + 1),
        "child_id must name each child once.": pl.col("child_id").is_duplicated(),
        "likelihood must lie between 0 and 1.": ~pl.col("likelihood").is_between(0, 1),
        "because must not be empty.": pl.col("because").fill_null("").str.strip_chars() == "",
        "a restricted row must not show where the child is.": pl.col("restricted") & show,
    }
    broken = candidates.select(rule.fill_null(True).sum().alias(name) for name, rule in rules.items())
    return [f"{rule} ({counted(count, 'row')})" for rule, count in broken.row(0, named=True).items() if count]

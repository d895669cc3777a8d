"""The match report's sentences: the night in words, and what it does not know."""

import polars as pl

from pipelines.counted import counted
from pipelines.listing.masking import Masked
from pipelines.listing.rank import FOLLOW_UP
from pipelines.publish.publication import Publication
from pipelines.publish.report_tables import Row
from pipelines.publish.stands_out import sources_missing


def headline(publication: Publication, listed: Masked, lanes: list[Row]) -> list[str]:
    """The night in three sentences: what came in, what became of it, what is on the list."""
    totals = publication.deliveries.select("rows_read", "rows_loaded", "rows_set_aside").sum().row(0)
    files, refused = publication.deliveries.height, publication.deliveries.filter(pl.col("verdict") != "loaded").height
    rows = counted(totals[0], "row")
    came = f"{counted(files, 'file')} with {rows} received: {totals[1]:,} loaded, {totals[2]:,} set aside"
    if refused:
        came += f", and {counted(refused, 'file')} refused"
    children = publication.child_records["child_id"].n_unique()
    listed_count, explained = listed.candidates.height, publication.explained.height
    known = listed_count + explained
    expected = listed.candidates["likelihood"].sum()
    to_follow = next((row["children"] for row in lanes if row["lane"] == FOLLOW_UP), 0)
    return [
        f"{came}.",
        f"The rows describe {counted(children, 'child')}. {counted(known, 'child')} of compulsory school age "
        f"{'is' if known == 1 else 'are'} known to an agency: {explained:,} explained, {listed_count:,} on the list.",
        f"{to_follow:,} on the list {'is' if to_follow == 1 else 'are'} to follow up. Going by the likelihoods, about "
        f"{expected:,.0f} of the {listed_count:,} are truly on no roll and still living here.",
    ]


def not_known(publication: Publication, listed: Masked) -> list[str]:
    """What tonight's list does not know, each with its count if there is one."""
    candidates = listed.candidates
    single = publication.candidates.filter(~pl.col("records").str.contains(";")).height
    unseen = publication.candidates.filter(pl.col("last_seen_on").is_null()).height
    undated = publication.person.filter(pl.col("date_of_birth").is_null() & pl.col("born_in").is_null()).height
    missing = sources_missing(publication)
    doubts = [
        (len(missing), f"Nothing was read tonight from: {', '.join(missing)}."),
        (
            single,
            f"Of {counted(candidates.height, 'child')} on the list, {single:,} {'has' if single == 1 else 'have'} one record "
            "only. A mistake in that record (a birth date, a name) can be the whole reason.",
        ),
        (
            unseen,
            f"No agency has a dated contact with {counted(unseen, 'child')} on the list: how likely they are still to live "
            "here is estimated from children like them.",
        ),
        (
            undated,
            f"{counted(undated, 'record')} without a usable birth date: no age, unless another record of the child "
            "gives it.",
        ),
    ]
    always = [
        "Independent schools outside the area, schools across the border and home education that is not registered "
        "leave no record here. In Wales independent schools and home education were about half of all unmatched "
        "children (Welsh Government, 2021).",
        "False and missed links are those that the model itself expects. They are measured only where people have judged a "
        "blind sample of pairs.",
        "Likelihoods are estimates. Only officers' outcomes show whether seven in ten at 70% are missing education.",
        "If no source marks a child as protected, that is no proof that the address may be shown.",
    ]
    return [sentence for count, sentence in doubts if count] + always

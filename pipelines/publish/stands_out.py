"""What an analyst should look at first tonight, found by readable rules over the night's own figures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import polars as pl

from pipelines.counted import counted
from pipelines.linking.link_report import NOT_LEARNT
from pipelines.listing.gap_in_files import gap_in_files
from pipelines.listing.masking import Masked
from pipelines.listing.rank import DOUBTFUL_LINK
from pipelines.publish.publication import Publication
from pipelines.publish.report_tables import Row

SET_ASIDE_SHARE, FEW_SET_ASIDE = 0.01, 2
"""More than one row in a hundred set aside, and more than this many rows, make it worth calling the sender first: one or
two slips in a short list are handled as usual."""
FALSE_LINK_SHARE = 0.01
"""More than one false link in a hundred between two sources is worth a look at the near misses."""
LISTED_SHARE = 0.06
"""Welsh health lists matched to rolls left 6 % of children unmatched (Welsh Government, 2021); a greater share points to a
gap in tonight's files rather than to children."""
DOUBTFUL_SHARE = 0.25
BLOCKING_RECALL = 0.98


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that stands out. ``look``: look before the list is used; ``note``: good to know."""

    kind: Literal["look", "note"]
    text: str


RULES_IN_WORDS = (
    "a file that is less complete than on earlier nights, a column that agrees with no other source, a file refused or "
    "missing, rows that do not add up, more than 1% of a file's rows set aside (three at least), more than 1% of the links "
    "between two sources expected to be false, an empty list, more than 6% of the children of age on the list, a quarter of"
    " it on doubtful links, pairs left out of a block, blocking estimated to reach fewer than 98% of true pairs, weights "
    "that could not be learnt"
)


def stands_out(publication: Publication, listed: Masked, files: list[Row], pairs: list[Row]) -> list[Notice]:
    """Everything that stands out tonight; what must be looked at before the list is used comes first."""
    found = [
        *(Notice("look", warning) for warning in publication.warnings),
        *_about_set_aside(publication),
        *_about_files(publication, files),
        *_about_links(publication, pairs),
        *_about_the_list(publication, listed),
    ]
    return sorted(found, key=lambda notice: notice.kind != "look")


def sources_missing(publication: Publication) -> list[str]:
    """Names of the sources with a contract of which no file could be read tonight and no older rows stand in."""
    loaded = publication.deliveries.filter(pl.col("verdict") == "loaded")["source"]
    read = {*loaded, *publication.stands_in["source"]}
    return sorted(name for source, name in publication.source_names.items() if source not in read)


def _about_files(publication: Publication, files: list[Row]) -> Iterator[Notice]:
    for row in files:
        if row["verdict"] != "loaded":
            yield Notice("look", f"{row['file']} was refused: nothing in it counts tonight. The reason is under Files.")
        elif not row["adds_up"]:
            yield Notice(
                "look",
                f"{row['file']}: the rows loaded and set aside do not add up to the rows read. Do not use the list.",
            )
        elif row["rows_set_aside"] > FEW_SET_ASIDE and row["share"] > SET_ASIDE_SHARE:
            yield Notice(
                "look",
                f"{row['file']}: {counted(row['rows_set_aside'], 'row')} set aside, {row['share']:.1%} of the file. "
                "Ask its sender.",
            )
    sent = {*publication.deliveries["source"], *publication.stands_in["source"]}
    silent = sorted(name for source, name in publication.source_names.items() if source not in sent)
    if silent:
        yield Notice(
            "note", f"No file tonight from: {', '.join(silent)}. Children whom only these know or explain are affected."
        )


def _about_set_aside(publication: Publication) -> Iterator[Notice]:
    """How many rows were set aside, and from which sources: the child of such a row is known to somebody, but not listed by
    name."""
    counts = publication.set_aside.group_by("source").len().sort("len", "source", descending=[True, False])
    if counts.is_empty():
        return
    by = ", ".join(f"{publication.source_names.get(source, source)} {rows:,}" for source, rows in counts.iter_rows())
    total = int(counts["len"].sum())
    yield Notice(
        "note",
        f"{counted(total, 'row')} set aside: {by}. Each is a child whom that sender has seen; a child with no other row can "
        "be neither listed nor explained until the sender corrects it.",
    )


def _about_links(publication: Publication, pairs: list[Row]) -> Iterator[Notice]:
    for row in pairs:
        if row["links"] >= 20 and (row["false_share"] or 0) > FALSE_LINK_SHARE:
            yield Notice(
                "look",
                f"{_between(row)}: {row['false_share']:.1%} of the links are expected to be false. "
                "A false link can hide a missing child.",
            )
    left_out = int(publication.link_report.blocking["left_out"].sum())
    if left_out:
        yield Notice(
            "look",
            f"{counted(left_out, 'pair')} never compared, as a block was too large: probably a placeholder value that "
            "many records share. The rule is under Blocking.",
        )
    figures = publication.link_report.figures
    if str(figures.get("model")).startswith(NOT_LEARNT):
        yield Notice(
            "look",
            f"No weights could be learnt from the records. The model is {figures['model']}. It was not made from this "
            "authority's records: have a sample judged before its probabilities are trusted.",
        )
    recall = figures.get("estimated blocking recall")
    if isinstance(recall, float) and recall < BLOCKING_RECALL:
        yield Notice(
            "look", f"Blocking is estimated to reach {recall:.1%} of the true pairs: the rest were never compared."
        )


def _between(pair: Row) -> str:
    same = pair["left"] == pair["right"]
    return f"Within {pair['left']}" if same else f"{pair['left']} with {pair['right']}"


def _about_the_list(publication: Publication, listed: Masked) -> Iterator[Notice]:
    count, explained = listed.candidates.height, publication.explained.height
    if count == 0:
        yield Notice("look", "The list is empty. That is unlikely in any authority: check the files and the settings.")
        return
    share = count / (count + explained)
    if share > LISTED_SHARE and not gap_in_files(count, explained):
        yield Notice(
            "look",
            f"{share:.1%} of the children of compulsory school age known to an agency are on the list. That is a high share: "
            "check that the rolls are complete before anyone works on it.",
        )
    doubtful = listed.candidates.filter(pl.col("lane") == DOUBTFUL_LINK).height
    if doubtful / count > DOUBTFUL_SHARE:
        yield Notice(
            "note", f"{doubtful / count:.0%} of the list rests on doubtful links, for an analyst to decide first."
        )
    if listed.restricted.height:
        yield Notice(
            "note", f"{counted(listed.restricted.height, 'row')} masked; the full rows are in the folder 'restricted'."
        )

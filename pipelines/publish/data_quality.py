"""``data_quality.html``: what came in, which rules were broken, and whether that grows; one file that opens offline.

For people who look after the extracts and talk with their senders. Counts, rules and remedies; no value of any child.
"""

from pipelines.counted import counted
from pipelines.publish.page import REPORT, page
from pipelines.publish.publication import Publication
from pipelines.publish.quality_tables import (
    STOPS,
    SourceSection,
    failed_checks,
    refused_files,
    source_sections,
    stand_in_words,
    worse_rules,
)


def data_quality_html(publication: Publication) -> bytes:
    """The data quality page: no script, nothing fetched from anywhere, no value from a file. UTF-8."""
    sources = source_sections(publication)
    return page(
        "data_quality.html.j2",
        styles=(*REPORT, "data_quality.css"),
        as_at=publication.as_at,
        authority=publication.authority,
        headline=_headline(publication, sources),
        refused=refused_files(publication),
        absent=[source for source in sources if source.is_absent and source.is_known],
        never_sent=[source.name for source in sources if not source.is_known],
        stand_in=stand_in_words(publication),
        failed=failed_checks(publication),
        worse=worse_rules(sources),
        sources=[source for source in sources if not source.is_absent],
        nights=publication.rule_history["as_at"].n_unique(),
        stops=STOPS,
    )


def _headline(publication: Publication, sources: list[SourceSection]) -> list[str]:
    """Tonight in three sentences."""
    deliveries = publication.deliveries
    read, loaded, aside = deliveries.select("rows_read", "rows_loaded", "rows_set_aside").sum().row(0)
    refused = deliveries.filter(verdict="refused").height
    came = [source for source in sources if not source.is_absent]
    rules = sum(rule.broken is not None for source in came for rule in (*source.broken, *source.kept))
    broken = sum(len(source.broken) for source in came)
    noted = publication.breaches.filter(stops="nothing").height
    return [
        f"{counted(deliveries.height, 'file')} received from {counted(len(came), 'source')}: {counted(read, 'row')} read, "
        f"{loaded:,} loaded, {aside:,} set aside. {counted(refused, 'file')} refused.",
        f"{counted(rules, 'rule')} checked, {broken:,} of them broken somewhere. {counted(noted, 'place')} broke a rule that "
        "stops nothing: it keeps no child's row out, and the value counts as the rule says.",
        f"Nothing came from {counted(sum(source.is_absent for source in sources), 'source')} with a contract.",
    ]

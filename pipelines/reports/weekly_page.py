"""``weekly.html``: the week of the list on one page, for the team's manager."""

from collections.abc import Mapping, Sequence

from pipelines.publish.page import page
from pipelines.reports.back_test import missed_words
from pipelines.reports.weekly import TOLD, Weekly


def weekly_html(
    week: Weekly, names: Mapping[str, str], warnings: Sequence[str], settings_approval: str | None = None
) -> bytes:
    """The page. ``names``: source -> its name for people; ``warnings``: what the last list must be read with;
    ``settings_approval``: who approved its settings, or that nobody did; null: they are the defaults."""
    return page(
        "weekly.html.j2",
        week=week,
        names=names,
        warnings=warnings,
        settings_approval=settings_approval,
        told=TOLD,
        listed=sum(now for _, now, _ in week.lanes),
        gone=sum(count for _, count in week.went),
        missed_words=missed_words(week.found_so_far, week.looked_back, week.missed.height),
    )

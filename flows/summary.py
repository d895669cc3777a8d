"""What a run leaves in Prefect for people to read in the morning: counts, seconds, warnings and what to do. No child's data."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact

from pipelines.failure import NightFailed
from pipelines.steps.under_way import Night
from pipelines.written_dates import day_written

PROPOSER = "Rollcall, on schedule"
"""Who proposes what a flow has learnt. Nobody is called so, so anybody may approve it."""


def leave_summary(night: Night, failed: NightFailed | None = None) -> None:
    """Attach a page to the run: whether there is a list, what to bear in mind, and what each step counted."""
    with ignoring_prefect_outage():
        create_markdown_artifact(night_in_words(night, failed), key="night-summary", description="What the night did")


def leave_counts(key: str, words: str, counts: Mapping[str, object]) -> None:
    """Attach a page to a run that is not a night: words, whose first line is the heading, and a small table if any counts."""
    rows = "".join(f"| {name} | {count} |\n" for name, count in counts.items())
    table = f"\n\n| what | how many |\n|---|---:|\n{rows}" if rows else ""
    with ignoring_prefect_outage():
        create_markdown_artifact(f"{words}{table}", key=key, description=words.partition("\n")[0])


def waits_for_approval(number: int) -> str:
    """What must be done before a proposal changes anything."""
    return f"Proposal {number} is waiting for a named person: rollcall proposals, rollcall approve {number} --by NAME"


def night_in_words(night: Night, failed: NightFailed | None) -> str:
    """The page, in Markdown."""
    as_at = day_written(night.settings.as_at)
    lines = [f"# The night as at {as_at}: {'no new list' if failed else 'the list is published'}", ""]
    if failed:
        lines += [*(line.strip() for line in str(failed).splitlines()), ""]
    if night.refused:
        lines += ["## Not loaded", "", *(f"- {file}" for file in night.refused), ""]
    if night.warnings:
        lines += ["## Read with care", "", *(f"- {warning}" for warning in night.warnings), ""]
    lines += ["## Steps", "", "| step | seconds | counted |", "|---|---:|---|"]
    for step, counts in night.counts.items():
        counted = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        lines.append(f"| {step} | {night.seconds.get(step, '')} | {counted} |")
    return "\n".join([*lines, ""])


@contextmanager
def ignoring_prefect_outage() -> Iterator[None]:
    """Go on if Prefect cannot be reached: failing to leave a page must not fail the run."""
    try:
        yield
    except Exception as error:
        kind = type(error).__name__
    else:
        return
    get_run_logger().warning("Prefect could not be told how the run goes (%s). The run goes on.", kind)

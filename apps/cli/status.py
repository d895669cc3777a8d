"""``rollcall status``: how the nights of a workspace are going."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from apps.cli.parameters import Flag, Workspace
from pipelines.counted import counted
from pipelines.written_dates import IN_A_COLUMN, day_written

if TYPE_CHECKING:
    from pipelines.health import Status


CLOCKS_DIFFER = timedelta(minutes=5)
"""How much the clocks of two machines may differ."""


def status(*, workspace: Workspace, late_after_hours: float = 30.0, json: Flag = False) -> int:
    """Say how the nights are going: the list in use, the night tried last, and the age of each source.

    Ends with 0 where the last night published and is not late, with 1 where somebody should look, and with 2 where no
    night was ever run. The same is in status.json and, for Prometheus, in rollcall.prom, both in the workspace.

    Parameters
    ----------
    late_after_hours
        Hours after the list in use was published from which the next one is late.
    json
        Print status.json as it is.
    """
    from pipelines.health import RUNNING, STATUS_FILE, read_status
    from pipelines.lock import is_locked
    from pipelines.settings import SettingsError

    last = read_status(workspace)
    if last is None and (workspace / STATUS_FILE).is_file():
        raise SettingsError(f"{STATUS_FILE} in {workspace} cannot be read. The next night writes it again.")
    if last is None:
        raise SettingsError(f"There is no {STATUS_FILE} in {workspace}. Run a night first: rollcall night --help.")
    now = datetime.now(UTC)
    was_killed = last.attempt.outcome == RUNNING and not is_locked(workspace)
    concerns = _concerns(last, now, timedelta(hours=late_after_hours), was_killed=was_killed)
    if json:
        print((workspace / STATUS_FILE).read_text(encoding="utf-8"))
    else:
        lines = _status_lines(last, now, was_killed=was_killed)
        print("\n".join([*lines, *(f"LOOK: {concern}" for concern in concerns)]))
    return 1 if concerns else 0


def _concerns(status: "Status", now: datetime, late: timedelta, *, was_killed: bool) -> list[str]:
    from pipelines.health import CANCELLED, FAILED, HELD_BACK

    attempt, concerns = status.attempt, []
    if was_killed:
        concerns.append("The last night was killed before it ended. Run it again: the list in use is complete.")
    if attempt.outcome == CANCELLED:
        concerns.append("The last night was cancelled.")
    if attempt.outcome in (FAILED, HELD_BACK):
        concerns.append(f"The last night {'failed' if attempt.outcome == FAILED else 'was held'}: {attempt.words}")
    if status.good is None:
        concerns.append("No list has ever been published here.")
    elif status.good.published_at > now + CLOCKS_DIFFER:
        concerns.append("The list in use was published at a time in the future: set this machine's clock.")
    elif now - status.good.published_at > late:
        concerns.append(f"The list in use is {_ago(now - status.good.published_at)} old: the next one is late.")
    return concerns


def _status_lines(status: "Status", now: datetime, *, was_killed: bool) -> list[str]:
    attempt, good = status.attempt, status.good
    outcome, ago = "killed before it ended" if was_killed else attempt.outcome, _ago(now - attempt.started_at)
    lines = [f"The night tried last is that of {day_written(attempt.as_at)}, begun {ago} ago: {outcome}."]
    if good is not None:
        lines += [
            f"The list in use is that of {day_written(good.as_at)}, published {_ago(now - good.published_at)} ago "
            f"in {sum(good.seconds.values()):.0f} seconds:",
            f"  {sum(good.lanes.values()):>9,}  children listed: "
            + ", ".join(f"{count:,} {lane}" for lane, count in sorted(good.lanes.items(), key=lambda lane: -lane[1])),
            f"  {good.children:>9,}  children found in {counted(good.rows_read, 'row')}; {good.rows_set_aside:,} set aside",
            *(f"  Read with care: {warning}" for warning in good.warnings),
        ]
    if status.sources:
        width = max(len(state.source) for state in status.sources)
        lines += ["Sources, as last received:", f"  {'':<{width}}  {'rows':>9}  came for     newest date in it"]
        lines += [
            f"  {state.source:<{width}}  {state.rows:>9,}  {state.came_on:{IN_A_COLUMN}}   {_newest(state.newest_on, now)}"
            for state in status.sources
        ]
    return lines


def _newest(day: date | None, now: datetime) -> str:
    from data_contracts.today import day_of

    if day is None:
        return "none"
    days = (day_of(now) - day).days
    return f"{day:{IN_A_COLUMN}} ({counted(days, 'day')} ago)" if days >= 0 else f"{day:{IN_A_COLUMN}}"


def _ago(time: timedelta) -> str:
    minutes = max(0, int(time.total_seconds() // 60))
    if not minutes:
        return "less than a minute"
    if minutes < 120:
        return counted(minutes, "minute")
    hours = minutes // 60
    return f"{hours} hours" if hours < 72 else f"{hours // 24} days"

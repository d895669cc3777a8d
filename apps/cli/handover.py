"""``rollcall handover``: the packet that another authority needs to take over a child."""

from typing import Annotated

from cyclopts import Parameter

from apps.cli.parameters import Workspace
from pipelines.written_dates import day_written


def handover(
    child_or_record: str,
    /,
    *,
    to: Annotated[str, Parameter(name="--to")],
    by: str,
    workspace: Workspace,
    authority: str | None = None,
) -> int:
    """Write what another authority needs to take a child over, and no more: a page, and the same as CSV and JSON.

    For a child whose whereabouts are protected, address, school and carers are withheld. Who made it, for whom and when is
    recorded. Nothing is sent: send it by your secure route. The Welsh pilot, until April 2026, gave 28 days for it.

    Parameters
    ----------
    child_or_record
        A child's id from the list (CH...), or a record as source:key.
    to
        Name of the receiving authority.
    by
        Name of the person who makes the packet.
    authority
        Name of this authority, for the heading.
    """
    from apps.cli.words import for_whom
    from pipelines.atomic_folder import write_folder
    from pipelines.decisions.outcomes import read_outcomes
    from pipelines.for_readers import tables_for_readers
    from pipelines.reports.explain import child_of
    from pipelines.reports.handover import HANDOVER_READS, HANDOVERS_FOLDER, note_handover
    from pipelines.reports.handover import handover as packet_of
    from pipelines.reports.handover_files import handover_files

    tables = tables_for_readers(workspace, *HANDOVER_READS)
    child_id = child_of(child_or_record, tables["child_record"])
    packet = packet_of(child_id, tables, read_outcomes(workspace), to_authority=to, from_authority=authority)
    note_handover(workspace, child_id, packet, by)
    folder = workspace / HANDOVERS_FOLDER / f"{child_id}-{packet.as_at.isoformat()}"
    write_folder(handover_files(packet), folder)
    print(f"The packet is in {folder}, {for_whom()}. Nothing was sent.")
    if packet.is_protected:
        print(
            "This child's whereabouts are PROTECTED and withheld from the packet. The named role should speak to the receiver."
        )
    if packet.due_on:
        print(f"The 28 days from when the move was known end on {day_written(packet.due_on)}.")
    return 0

"""``rollcall doctor``: are this machine and this workspace fit for tonight?"""

from apps.cli.parameters import Workspace

MARKS = {"good": "  ok  ", "care": " note ", "bad": "  BAD "}


def doctor(*, workspace: Workspace) -> int:
    """Check versions, permissions, disk, lock, store, decisions and the list in use. Nothing is changed.

    Ends with 0 where a night can run, and with 1 where something must be put right first.
    """
    from pipelines.upkeep.doctor import BAD, run_checks

    findings = run_checks(workspace)
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        print(f"[{MARKS[finding.verdict]}] {finding.check:<{width}}  {finding.words}")
    return int(any(finding.verdict == BAD for finding in findings))

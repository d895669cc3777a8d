"""Where a step of the night calls the function that does its work, so that a test can put another in its place."""

from pipelines.night import STEPS

CALLED = {
    "standardise": "with_still_known",
    "completeness": "judge_tonight",
    "snapshot": "keep_tonight",
    "link": "known_records",
    "provision": "find_provision",
    "residence": "judge_residence",
    "ledger": "keep_ledger",
}
"""What a step calls on a night that is not the first, where that is not called as the step is."""


def called_by(step: str) -> str:
    """``module.function``, as monkeypatch takes it."""
    (found,) = (each.do.__module__ for each in STEPS if each.name == step)
    return f"{found}.{CALLED.get(step, step)}"

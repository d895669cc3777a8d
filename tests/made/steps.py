"""Where a step of the night calls the function that does its work, so that a test can replace that function."""

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
"""The function that a step calls on a night after the first, if its name differs from the step's."""


def called_by(step: str) -> str:
    """``module.function``, as monkeypatch needs it."""
    (found,) = (each.do.__module__ for each in STEPS if each.name == step)
    return f"{found}.{CALLED.get(step, step)}"

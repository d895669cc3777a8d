"""Who is told, and with which words; that it arrives is seen in test_real_server.py."""

import re
from datetime import timedelta

import pytest

from pipelines.settings import SettingsError

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # by apprise, when it sends

HELD_BACK = "s3cret"


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("ROLLCALL_NOTIFY_WEBHOOK", f"ftp://chat.example/{HELD_BACK}"),
        ("ROLLCALL_NOTIFY_WEBHOOK", f"chat.example/{HELD_BACK}"),
        ("ROLLCALL_NOTIFY_MAIL", f"team:{HELD_BACK}@smtp.example"),
        ("ROLLCALL_NOTIFY_MAIL", f"https://smtp.example/{HELD_BACK}"),
        ("ROLLCALL_NOTIFY_MAIL", "mailtos://"),
        ("ROLLCALL_NOTIFY_NO_LIST_AFTER_HOURS", "soon"),
        ("ROLLCALL_NOTIFY_NO_LIST_AFTER_HOURS", "0"),
        ("ROLLCALL_NOTIFY_NO_LIST_AFTER_HOURS", "-4.5"),
        ("ROLLCALL_NOTIFY_NO_LIST_AFTER_HOURS", "nan"),
        ("ROLLCALL_NOTIFY_NO_LIST_AFTER_HOURS", "1e300"),
    ],
)
def test_what_cannot_be_used_is_named_and_not_repeated(variable: str, said: str) -> None:
    from flows.notifications import set_up

    with pytest.raises(SettingsError, match=variable) as refused:
        set_up({variable: said})
    assert HELD_BACK not in str(refused.value)


def test_the_words_hold_names_of_runs_and_states_and_nothing_else() -> None:
    from flows.notifications import notices

    asked = {found for notice in notices(timedelta(hours=4.5)) for found in re.findall(r"\{\{ (.*?) \}\}", notice.text)}
    assert asked == {"deployment.name", "flow_run.name", "flow_run.state.name", "flow_run.state.message or ''"}


def test_no_list_is_told_at_seven_of_a_night_of_half_past_two() -> None:
    from flows.notifications import notices

    (told,) = (notice for notice in notices(timedelta(hours=4.5)) if "no list" in notice.name)
    assert told.trigger.within == timedelta(hours=7) - timedelta(hours=2, minutes=30)
    assert "in the 4.5 hours" in told.text
    signs_of_a_night = {f"prefect.flow-run.{sign}" for sign in ("Pending", "Running", "Late")}
    assert told.trigger.after == signs_of_a_night, "a server at work may lose any one of them"


def test_a_run_counts_as_dead_only_where_more_than_two_of_its_beats_have_not_come() -> None:
    from prefect.settings import get_current_settings

    from flows.notifications import BEAT, DEAD, ENDED_BADLY

    beats_after = get_current_settings().flows.heartbeat_frequency
    assert beats_after is not None
    assert DEAD.trigger.within > timedelta(seconds=3 * beats_after)
    assert {BEAT, "prefect.flow-run.Completed", *ENDED_BADLY} == DEAD.trigger.expect, "a run that has ended is not dead"
    taken_by_a_worker = {"prefect.flow-run.Pending", "prefect.flow-run.Running"}
    assert {BEAT, *taken_by_a_worker} == DEAD.trigger.after, "one that was killed before its first beat is"

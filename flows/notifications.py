"""Who is notified when a run fails, is late, or leaves the authority without a list: ``python -m flows.notifications``.

The notices are automations of Prefect's server. So they also come if the run was killed or never began, and a receiver that
does not answer cannot delay a night. A message has the names of the deployment, the run and its state, and the state's message,
which has no child's value (:mod:`pipelines.failure`).

A run whose worker or machine has stopped can no longer report that, and would stay "Running" for ever. So the server marks a
run that has not been heard of as crashed (DEAD), whether anybody is notified or not.

Run it once, and again after each change of these environment variables; without any, nobody is notified any more:

- ``ROLLCALL_NOTIFY_WEBHOOK``: an address that accepts JSON with a ``text`` by POST, as chat channels do.
- ``ROLLCALL_NOTIFY_MAIL``: ``mailtos://USER:PASSWORD@smtp.example?from=rollcall@example&to=team@example``.
- ``ROLLCALL_NOTIFY_NO_LIST_AFTER_HOURS``: how long after a night begins there must be a list; by default 4.5, so that a night
  at 02:30 without a list is reported by 07:00.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from apprise import Apprise
from prefect.automations import (
    AutomationCore,
    CallWebhook,
    ChangeFlowRunState,
    EventTrigger,
    Posture,
    SendNotification,
)
from prefect.blocks.core import Block
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import StateType
from pydantic import SecretStr

from flows.hours import DEAD_AFTER
from flows.mail import Mail
from pipelines.settings import SettingsError

WEBHOOK, MAIL = "ROLLCALL_NOTIFY_WEBHOOK", "ROLLCALL_NOTIFY_MAIL"
NO_LIST_AFTER_HOURS = "ROLLCALL_NOTIFY_NO_LIST_AFTER_HOURS"
BLOCK = "rollcall"

RUN = {"prefect.resource.id": "prefect.flow-run.*"}
OURS = {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.rollcall"}
NIGHTLY = {"prefect.resource.role": "deployment", "prefect.resource.name": "nightly"}
ENDED_BADLY = {f"prefect.flow-run.{state}" for state in ("Failed", "TimedOut", "Crashed", "Cancelled")}
PENDING, BEGUN, LATE = (f"prefect.flow-run.{state}" for state in ("Pending", "Running", "Late"))
COMPLETED, BEAT = "prefect.flow-run.Completed", "prefect.flow-run.heartbeat"

ABOUT = "{{ deployment.name }} ({{ flow_run.name }})"


@dataclass(frozen=True)
class Notice:
    """Something that people are notified of."""

    name: str
    trigger: EventTrigger
    text: str
    """A Jinja template over Prefect's ``deployment`` and ``flow_run``."""


def notices(no_list_after: timedelta) -> tuple[Notice, ...]:
    """All notices: a run ended badly, a run did not begin, a night left no list."""
    hours = no_list_after / timedelta(hours=1)
    return (
        Notice(
            "Rollcall: a run failed",
            EventTrigger(match=RUN, match_related=OURS, expect=ENDED_BADLY),
            f"{ABOUT}: {{{{ flow_run.state.name }}}}. {{{{ flow_run.state.message or '' }}}}",
        ),
        Notice(
            "Rollcall: a run is late",
            EventTrigger(match=RUN, match_related=OURS, expect={LATE}),
            f"{ABOUT} has not begun when it should have. Is the worker running?",
        ),
        Notice(
            "Rollcall: no list",
            EventTrigger(
                posture=Posture.Proactive,
                match=RUN,
                match_related=NIGHTLY,
                within=no_list_after,
                after={PENDING, BEGUN, LATE},
                expect={COMPLETED},
                for_each={"related:deployment:prefect.resource.id"},
            ),
            f"{ABOUT}: no list was published in the {hours:.3g} hours since it was to begin. The last one stays in use.",
        ),
    )


DEAD = AutomationCore(
    name="Rollcall: a run has died",
    trigger=EventTrigger(
        posture=Posture.Proactive,
        match=RUN,
        match_related=OURS,
        within=DEAD_AFTER,
        after={PENDING, BEGUN, BEAT},
        expect={BEAT, COMPLETED, *ENDED_BADLY},
        for_each={"prefect.resource.id"},
    ),
    actions=[
        ChangeFlowRunState(
            state=StateType.CRASHED,
            message=f"Nothing has been heard of it for {DEAD_AFTER / timedelta(minutes=1):.0f} minutes: the worker was "
            "stopped, or killed, while it ran. The list published last stays in use. Start it again.",
        )
    ],
)
"""Marks as crashed a run that has not ended but has stopped sending heartbeats, or sent none since a worker took it."""


def set_up(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Set up Prefect's blocks and automations as the environment says. May be repeated. Returns the channels in use.

    Raises :class:`~pipelines.settings.SettingsError` with the variable's name but not its value: it may contain a password.
    """
    wanted = notices(_no_list_after(environment))
    blocks = {WEBHOOK: _webhook(environment), MAIL: _mail(environment)}  # read all of them before saving any
    channels = {name: _saved(block) for name, block in blocks.items()}
    with get_client(sync_client=True) as client:
        _keep(client, DEAD)
        for notice in wanted:
            actions = _actions(notice, channels[WEBHOOK], channels[MAIL])
            _keep(client, AutomationCore(name=notice.name, trigger=notice.trigger, actions=list(actions)))
    return tuple(name for name, block in channels.items() if block)


def _actions(notice: Notice, webhook: UUID | None, mail: UUID | None) -> list[CallWebhook | SendNotification]:
    actions: list[CallWebhook | SendNotification] = []
    if webhook:
        payload = f"{{% set text %}}{notice.name}. {notice.text}{{% endset %}}" + '{"text": {{ text | tojson }}}'
        actions.append(CallWebhook(block_document_id=webhook, payload=payload))
    if mail:
        actions.append(SendNotification(block_document_id=mail, subject=notice.name, body=notice.text))
    return actions


def _keep(client: SyncPrefectClient, made: AutomationCore) -> None:
    """Create or update the automation of that name, or delete it if it would do nothing."""
    standing = client.read_automations_by_name(made.name)
    # An update sends only fields that were set, and the server needs the others too; but it refuses an owner.
    automation = AutomationCore.model_validate(made.model_dump(exclude={"owner_resource"}))
    if not made.actions:
        for found in standing:
            client.delete_automation(found.id)
    elif standing:
        client.update_automation(standing[0].id, automation)
    else:
        client.create_automation(automation)


def _saved(block: Block | None) -> UUID | None:
    if block is None:
        return None
    saved = block.save(BLOCK, overwrite=True)
    assert isinstance(saved, UUID)  # noqa: S101 - it is a coroutine only if called from one
    return saved


def _webhook(environment: Mapping[str, str]) -> Webhook | None:
    url = environment.get(WEBHOOK, "").strip()
    if not url:
        return None
    if not url.startswith(("https://", "http://")):
        raise SettingsError(f"{WEBHOOK} is not the address of a webhook, which begins with https:// or http://.")
    return Webhook(url=SecretStr(url), headers={"Content-Type": "application/json"})


def _mail(environment: Mapping[str, str]) -> Mail | None:
    url = environment.get(MAIL, "").strip()
    if not url:
        return None
    if not url.startswith(("mailto://", "mailtos://")) or not Apprise().add(url):
        raise SettingsError(
            f"{MAIL} cannot be used. Write it as mailtos://USER:PASSWORD@HOST?from=SENDER&to=RECEIVER, with letters "
            "such as @ in the user or the password as %40."
        )
    return Mail(url=SecretStr(url))


def _no_list_after(environment: Mapping[str, str]) -> timedelta:
    hours = environment.get(NO_LIST_AFTER_HOURS, "4.5")
    try:
        after = timedelta(hours=float(hours))
    except (ValueError, OverflowError):
        after = timedelta(0)
    if after < timedelta(seconds=10):
        raise SettingsError(f"{NO_LIST_AFTER_HOURS} is not a number of hours. Write one such as 4.5.")
    return after


if __name__ == "__main__":
    try:
        channels = set_up(os.environ)
    except SettingsError as error:
        sys.exit(f"rollcall: {error}")
    nobody = f"Nobody is notified of anything: neither {WEBHOOK} nor {MAIL} is set in the environment."
    print(f"People are notified through: {', '.join(channels)}." if channels else nobody)

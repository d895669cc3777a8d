"""A notification block that sends mail; Prefect has none of its own.

Prefect's server finds it by the entry point ``prefect.collections``. What carries the mail is apprise, which Prefect
itself sends its notifications with.
"""

from prefect.blocks.notifications import AppriseNotificationBlock


class Mail(AppriseNotificationBlock):
    """Sends mail through an SMTP server. ``url`` is an apprise URL, ``mailtos://USER:PASSWORD@HOST?from=…&to=…``."""

    _block_type_name = "Rollcall mail"
    _block_type_slug = "rollcall-mail"

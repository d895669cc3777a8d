"""A notification block that sends mail, which Prefect does not have itself.

Prefect's server finds it by the entry point ``prefect.collections``. The mail is sent by apprise, which Prefect uses for its
own notifications.
"""

from prefect.blocks.notifications import AppriseNotificationBlock


class Mail(AppriseNotificationBlock):
    """Sends mail through an SMTP server. ``url`` is an apprise URL, ``mailtos://USER:PASSWORD@HOST?from=…&to=…``."""

    _block_type_name = "Rollcall mail"
    _block_type_slug = "rollcall-mail"

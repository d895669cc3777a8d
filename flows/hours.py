"""When things are tried again, waited for and given up."""

from datetime import timedelta

SHARE_AWAY_SECONDS = [30.0, 120.0, 300.0]
"""How long to wait before the extracts are read again, when the share they lie on was away."""

WORKSPACE_HELD_SECONDS = 30 * 60.0
"""How long to wait for a backup, or whoever else holds the workspace, to let go of it."""

STEP_SECONDS = 2 * 3600.0
"""After so long a step of the night is stopped."""

NIGHT_SECONDS = 4 * 3600.0
"""After so long a night is stopped: one that begins at 02:30 is over, for better or worse, before officers come."""

DEAD_AFTER = timedelta(minutes=10)
"""A run of which nothing was heard for so long has ended without a word. It beats every three minutes; one that still works
and is taken for dead would lose its place to another, so that one beat or two may be lost on the way.
"""

"""How long things are waited for, when they are retried, and when they are stopped."""

from datetime import timedelta

SHARE_AWAY_SECONDS = [30.0, 120.0, 300.0]
"""Waits before each new attempt to read the extracts, if their network share was unavailable."""

WORKSPACE_HELD_SECONDS = 30 * 60.0
"""How long to wait until a backup, or anybody else who holds the workspace, releases it."""

STEP_SECONDS = 2 * 3600.0
"""A step of the night is stopped after this long."""

NIGHT_SECONDS = 4 * 3600.0
"""A night is stopped after this long: one that starts at 02:30 is over before officers come in."""

DEAD_AFTER = timedelta(minutes=10)
"""A run not heard of for this long counts as crashed. A run sends a heartbeat every three minutes. One or two may be lost: a
run wrongly taken for dead would lose its place to another.
"""

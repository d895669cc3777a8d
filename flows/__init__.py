"""Prefect's part: when the night runs, whether a step is retried, and who is notified. No logic, no child's data.

Prefect reads its settings on first import. So the settings that keep it quiet are made here, before any module of this package
can import it. Whatever the environment already sets stays.
"""

import os

QUIET = {
    "DO_NOT_TRACK": "1",  # otherwise Prefect's SDK sends usage events, at least from a terminal
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",  # and so does its server
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",  # persisted results are plain pickles on disk
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # the default of 20 is too short on a slow machine
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}

for _name, _value in QUIET.items():
    os.environ.setdefault(_name, _value)

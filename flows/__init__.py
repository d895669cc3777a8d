"""Prefect's part: when the night runs, whether a step is tried again, and who is told. No logic, no child's data.

Prefect reads its settings when it is first imported, so what keeps it quiet is said here, before any module of this
package can import it. Whatever the environment already says stands.
"""

import os

QUIET = {
    "DO_NOT_TRACK": "1",  # Prefect's SDK sends usage events otherwise, from a terminal at least
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",  # and so does its server
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",  # persisted results are plain pickles on disk
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # the default of 20 is too short on a slow machine
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}

for _name, _value in QUIET.items():
    os.environ.setdefault(_name, _value)

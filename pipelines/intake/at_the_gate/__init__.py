"""Is what came in complete? Each source is checked; the night goes on, warns or is held, unless a named person overrules.

``gate`` asks ``completeness`` (whose checks are in ``source_checks``), ``date_judged``, ``standing_in`` and ``acceptance``.
It reads ``since_last_night``, ``receipt``, ``in_figures`` and ``in_one_form``.
"""

"""A folder of extracts -> rows as they came, judged, then in one form: ``raw_*`` -> ``person_record``, ``statement``.

The rooms lie one on another, from the top down: ``at_the_gate`` (is what came in complete?), ``since_last_night`` (whose
rows they are, and which are gone), ``receipt`` (files read and judged) beside ``in_figures`` (what came in, counted),
``in_one_form`` (cells, person records, statements) and ``across_sources`` (what sources say of the same children).
``keeping`` stands on them.
"""

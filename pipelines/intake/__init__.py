"""A folder of extracts -> rows as they came, judged, then in one form: ``raw_*`` -> ``person_record``, ``statement``."""

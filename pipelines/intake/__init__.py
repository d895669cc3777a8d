"""A folder of extracts -> rows as they came, judged, in one form: ``raw_*`` -> ``person_record``, ``statement``."""

"""Which records are the same child: ``person_record`` -> ``link``, ``child_record``, ``rival``."""

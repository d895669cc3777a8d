"""Files as they are received: each read and judged, compared with the others of its source, and told when it would mislead.

``receive`` takes in the folder by ``deliveries``, and these each file by ``delivery``, which asks the modules that look at
a whole file (another list's columns, two places at once, ends in words, short years). ``last_intake`` and
``misleading_files`` lie lowest. Of the intake only ``in_one_form`` is read here.
"""

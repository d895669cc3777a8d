"""Tonight's rows beside last night's: another child's key, another key, pupils and schools gone, ends taken back.

``units`` and ``other_children`` lie lowest, then ``vanished`` and ``withdrawn``, ``renumbered``, ``closed_units``. It reads
``receipt``, ``in_figures`` and ``in_one_form``.
"""

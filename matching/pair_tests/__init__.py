"""Tests of a pair, of which levels are made: equal, shared, near in letters or digits, and how names may correspond.

``similarity`` lies lowest, then ``date_similarity`` and ``word_similarity``, then ``name_similarity`` and ``open_pairs``.
It reads ``in_numbers`` only.
"""

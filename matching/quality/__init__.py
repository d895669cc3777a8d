"""Whether links may be trusted: how many are false or missed, with and without truth, by threshold and by group.

``accuracy`` lies lowest, then ``fairness``, then ``thresholds``; ``ties`` stands by itself. Nothing that links reads this
room.
"""

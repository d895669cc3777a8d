"""Canonical forms, one column at a time, and the columns made of them for comparing and blocking.

``lettering`` lies lowest, then ``names`` and ``addresses``, ``chinese_names``, ``keys``; ``dates`` and ``identifiers``
stand by themselves. No other room is read here.
"""

"""Scored pairs -> children: priors, what several pairs say, clusters, those that are two, those that may be one.

``presence`` and ``cluster`` lie lowest, then ``assign``, ``together``, ``rivals``, ``parting`` and ``judge``, ``weighing``,
``leaning``. It reads ``scoring`` and all below.
"""

"""Pairs + weights -> match weights: large blocks as grids, bounds before a pair is made, and buckets for several machines.

``threads`` and ``ceilings`` lie lowest, then ``grids``, ``score``, ``buckets``. It reads ``weights`` and all below.
"""

"""A made-up authority with its truth: for the demo, the tests and the benchmarks. No person or address in it is
real.
"""

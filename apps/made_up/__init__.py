"""A made-up authority with its truth, for the demo, the tests and the benchmarks. Nobody and no place in it is real."""

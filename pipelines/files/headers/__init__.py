"""Which column is which: where the header is, by which names a column goes, and what is said of a column that is missing."""

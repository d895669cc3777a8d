"""Reports for people who do not work on the list, and lists that were published before."""

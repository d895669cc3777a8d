"""What is told to those who do not work on the list, and what was published before."""

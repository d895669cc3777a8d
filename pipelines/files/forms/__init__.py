"""One module for each form in which files come: its bytes -> cells as text, numbered by line."""

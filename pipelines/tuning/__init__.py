"""What other settings or weights would do, and proposals of them. Nothing here puts anything in force."""

"""What other settings or weights would do, and proposals of them: nothing here puts anything in force."""

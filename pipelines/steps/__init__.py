"""The steps of the night. Each reads what it needs from the store, calls one pure function, and writes what that returns."""

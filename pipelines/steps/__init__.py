"""The steps of the night: each reads what it needs from the store, calls one pure function, and writes what that returns."""

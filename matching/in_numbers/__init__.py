"""A table in whole numbers, and whole arrays of them: orders, blocks of rows with one key, what hangs together.

``arrays`` lies lowest, then ``sorting`` and ``components``, ``encode``, ``blocks``. No other room is read here.
"""

"""How common values are, and names together: what agreement on a value says beyond its level.

``frequencies`` and ``households`` lie lowest, then ``association`` and ``given_again``. It reads ``blocking``,
``pair_tests`` and ``in_numbers``.
"""

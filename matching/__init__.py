"""Are these two records the same child? The linkage of any table with itself, which knows no source and no table of ours.

``linkage`` is the whole of it in one call, ``increment`` the same after a change, ``explain`` says why. What is compared is
in ``comparisons`` and ``blocking``. The rooms lie one on another, from the top down: ``quality``, ``clustering``,
``scoring``, ``weights``, ``commonness``, ``pair_tests``, ``in_numbers``, and, read by those who make the records,
``canonical``.
"""

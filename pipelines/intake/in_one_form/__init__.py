"""Every source in one form: how its cells are read, its person records, and what its rows say, as statements.

``cells`` lies below ``statements``, and both below ``standardise`` (all rows) and ``restandardise`` (changed rows only). No
other room of the intake is read here.
"""

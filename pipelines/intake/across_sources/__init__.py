"""What several sources say of the same children: slipped columns, birth dates that a machine moved, surnames first.

``some_homes`` lies lowest, then one module for each fault, ``birth_date_faults`` (all of them at once) and ``at_odds``
(what is left). No other room is read here.
"""

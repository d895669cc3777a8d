"""What came in tonight and on earlier nights, in figures and hashes: what is usual, and the history of deliveries.

``figures`` lies lowest, then ``earlier_nights`` and ``source_tonight``; ``snapshot`` writes the history. Of the intake only
``in_one_form`` is read here.
"""

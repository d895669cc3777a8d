"""What each level of each comparison is worth: the model as a text file, and how it is learnt without labels.

``model`` and ``patterns`` lie lowest, then ``training_samples`` and ``train``; ``splink_json`` stands by itself. It reads
``comparisons``, ``blocking`` and what those read.
"""

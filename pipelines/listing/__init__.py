"""Everything found, turned into the list: who is possibly missing education, in what order, why, and what is withheld."""

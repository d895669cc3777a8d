"""Clerical review: pairs of records that people are asked about, in a workbook, and what they answered."""

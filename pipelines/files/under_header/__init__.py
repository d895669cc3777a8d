"""The rows under a header that are about children, without what stands among them: totals, notes, headings, old versions."""

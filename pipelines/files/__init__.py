"""A file -> numbered rows of text. Nothing here is about any one source: the contract says it all."""

"""Who still lives here, as a probability with its reasons."""

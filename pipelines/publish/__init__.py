"""What the night puts out: one file an output, put in place whole or not at all. Start at ``publication.publish``."""

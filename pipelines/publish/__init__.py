"""What the night puts out: one module for each output, put in place whole or not at all. Start at ``outputs.publish``."""

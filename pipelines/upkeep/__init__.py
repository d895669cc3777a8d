"""Looking after a workspace: doctor, backup, retention."""

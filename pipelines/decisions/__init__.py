"""What people decided: judgements, outcomes, proposals. Rows are added, never changed, and outlive every night."""

"""What people decided: judgements, outcomes, proposals. Added to and never changed, it outlives every night."""

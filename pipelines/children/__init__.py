"""What is known of each child: its records, facts, age, and where it is educated."""

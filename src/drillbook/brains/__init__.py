"""What makes a role's judgement: the stub policies, and baselines to measure them against."""

"""What is asked: protocol, cohort, disease model, and the run they make together."""

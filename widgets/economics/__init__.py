"""The page of economics: costs, QALYs, and what a QALY costs."""

"""The page of a clinic's work: how many visits, when, and who is needed to see the patients.

What a page shows of a run is computed in `ape_core.summaries`; nothing here computes.
"""

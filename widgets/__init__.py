"""What a reader of APE sees: panels, charts, the dashboard that composes them, reports.

Nothing here computes: charts and tables show the figures of `ape_core.summaries`.
"""

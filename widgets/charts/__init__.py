"""One file per chart. A chart draws a summary; it computes nothing."""

"""Runs on disk: parts, the checkpoint that commits them, the folder of a run, the store."""

"""Packages: a run as one checksummed file that another store can take in.

A package is a ZIP archive of stored files, so that any tool opens it, of which every byte follows
from its manifest, so that reading one needs no tolerance: whatever is not exactly what would have
been written is refused.
"""

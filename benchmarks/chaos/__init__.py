"""Proofs by the real thing that runs cannot be lost: `make chaos`.

Every module here that has a function `rows` is one part of the proof. It returns a list of mappings
with `check`, `n`, `outcome` ("held", "failed" or "skipped") and `detail`.
"""

"""Speed and memory of APE on this machine, in one table: `make bench`.

Every module here that has a function `figures` is one section. It takes a `Bench` and yields
figures one by one, each of which is in the report as soon as it is known. docs/benchmarks.md says
what they mean.
"""

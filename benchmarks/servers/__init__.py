"""Real servers for tests, benchmarks and the proof: an object store, a Dask cluster."""

"""Read access to a run: in memory when it is small, from Parquet in batches otherwise."""

from ape_core.results.base import SimulationResults
from ape_core.results.create import create_results
from ape_core.results.criteria import Criteria
from ape_core.results.finding import Found, FoundPatient, Search
from ape_core.results.in_memory import InMemoryResults
from ape_core.results.on_disk import ParquetResults
from ape_core.results.patient import EyeHistory, Patient, Visit

__all__ = [
    "Criteria",
    "EyeHistory",
    "Found",
    "FoundPatient",
    "InMemoryResults",
    "ParquetResults",
    "Patient",
    "Search",
    "SimulationResults",
    "Visit",
    "create_results",
]

"""Patients: one at a time, found in a run of any size, on a time line against the cohort."""

from widgets.patients.page import PatientsPage

__all__ = ["PatientsPage"]

"""Patients, eyes and clinics in weekly steps: a chunk is a pure function of spec and range."""

"""Several protocols on the same patients: what pages that compare them share."""

"""The page that compares protocols on the same patients."""

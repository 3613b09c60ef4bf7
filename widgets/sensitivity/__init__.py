"""What an answer depends on: the page of sensitivity."""

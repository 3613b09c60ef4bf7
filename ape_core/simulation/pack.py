"""From the words of a spec to the numbers of the kernel."""

"""What stands behind the question: the protocol, the population and the model, to be changed."""

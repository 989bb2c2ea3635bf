"""From the name of a model to a plan that builds it, here or in another process."""

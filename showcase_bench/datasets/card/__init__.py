"""The data card: what is in a data set, counted and drawn."""

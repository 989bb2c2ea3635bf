"""Selection: how many of the shown images are the gold ones, and where."""

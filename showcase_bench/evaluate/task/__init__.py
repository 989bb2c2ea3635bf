"""A task with its data opened, and its rows in the ways that models and metrics look at them."""

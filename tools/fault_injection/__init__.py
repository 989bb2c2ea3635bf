"""Commands that are killed, resumed, and compared with undisturbed ones."""

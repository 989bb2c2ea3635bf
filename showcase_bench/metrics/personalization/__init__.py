"""Whether the texts fit the user whom they are written for."""

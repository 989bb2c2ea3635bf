"""METEOR 1.5 for English, written from its papers, with the tables of the installed package."""

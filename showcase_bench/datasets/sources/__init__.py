"""Converters from other sources of reviews with photos to GEST-shaped files.

One module a source, ``amazon`` and ``yelp``; the rest is shared by them.
"""

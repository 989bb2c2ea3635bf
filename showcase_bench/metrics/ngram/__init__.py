"""N-grams: agreement of texts with their references."""

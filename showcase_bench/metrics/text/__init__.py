"""From texts to tokens to n-grams, shared by the metrics of texts."""

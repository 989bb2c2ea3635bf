"""From predictions to statistics and scores, at once or part by part."""

"""Whether a data set is what it was: manifests, prepared columns, first differing rows."""

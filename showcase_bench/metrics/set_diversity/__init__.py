"""Set diversity: how the shown images differ from each other and over all examples."""

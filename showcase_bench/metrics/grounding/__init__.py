"""Whether texts are about the photos that they are shown with."""

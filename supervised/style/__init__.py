"""Pictures painted in the style of others (book ch. 4)."""

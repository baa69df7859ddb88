"""Files that are read in the background: kept first, then checked whole, then taken part by part."""

"""Chapter 4: emotions of faces, by convolutional networks."""

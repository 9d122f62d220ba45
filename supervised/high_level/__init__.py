"""Chapter 8: small networks that the book builds with high-level interfaces."""

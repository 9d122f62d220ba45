"""A user's own data: files of any form are read, and models are trained on them."""

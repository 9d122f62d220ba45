"""Networks that ImageNet has trained: to name pictures, and to learn classes anew (book ch. 4)."""

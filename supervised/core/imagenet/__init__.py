"""Networks that ImageNet has trained: their layers, and their published weights."""

"""Chapter 7: devices, a toy cluster, data parallel and model parallel training."""

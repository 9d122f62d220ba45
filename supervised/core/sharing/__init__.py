"""One training by several processes: workers, parameter servers, and the batches they share."""

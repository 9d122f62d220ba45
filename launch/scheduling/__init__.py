"""Jobs of both kinds on one cluster, or here without one."""

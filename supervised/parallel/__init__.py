"""Chapter 7: training shared by several processes, and the devices of one."""

"""Experience replay in three parts: windows are put together, stored and drawn."""

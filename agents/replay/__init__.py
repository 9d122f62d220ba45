"""Experience replay in three parts: windows of n steps are formed, stored and drawn."""

"""An agent around another one: its observations normalised, its rewards scaled or clipped."""

"""Forecasts of series: windows, what follows them step by step, controls, errors, intervals."""

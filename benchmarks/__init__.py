"""Measures of the reading: how fast it is and what it notices. Each module is a program that prints what it measured."""

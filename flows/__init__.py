"""Orchestration: the command line, the nightly flow, the processing of one document."""

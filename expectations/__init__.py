"""Great Expectations suites built from the metadata, and the judgement of a batch."""

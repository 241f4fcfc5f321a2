"""Where a release is published: adapters that plan what they would write, and write it."""

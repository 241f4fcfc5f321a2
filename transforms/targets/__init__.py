"""Performance targets: what a department promises its money will do, as rows.

Promise: pure; sheets, lists and prose become rows by what their own words and cells say, never by the issuer.
"""

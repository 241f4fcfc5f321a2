"""The static portal: read from one state of the warehouse and its releases, written as plain files, served by any web server."""

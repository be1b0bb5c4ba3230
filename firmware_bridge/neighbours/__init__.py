"""Passes signed directives on to the site's other bridges over the LAN, and takes theirs, when the service is gone."""

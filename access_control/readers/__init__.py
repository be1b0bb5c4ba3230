"""The site: buildings, doors, readers, bridges, badges, levels, schedules; documents out, events in."""

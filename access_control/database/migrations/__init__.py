"""Steps from one version of the tables to the next; docs/database.md says how to add one."""

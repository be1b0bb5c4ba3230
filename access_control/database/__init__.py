"""The service's database: engine, transactions, tables in common, migrations, and word of changes."""

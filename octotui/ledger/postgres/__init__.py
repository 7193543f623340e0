"""The ledger of several boxes: a schema on a PostgreSQL server. Only here is SQL for it, and only here psycopg."""

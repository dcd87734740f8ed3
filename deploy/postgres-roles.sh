#!/bin/sh
# Run once by the PostgreSQL image when its data folder is empty: the two roles and the database.
# The owner makes tables; the application works with them and is held to the row-level policies.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set=owner_password="$PAINPLAN_OWNER_PASSWORD" --set=app_password="$PAINPLAN_APP_PASSWORD" <<'SQL'
CREATE ROLE painplan_owner LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE painplan_app LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'app_password';
-- Settings of the role, not of a session, so that a pooler may hand any connection to anybody.
ALTER ROLE painplan_app SET timezone = 'UTC';
ALTER ROLE painplan_app SET statement_timeout = '60s';
ALTER ROLE painplan_app SET lock_timeout = '5s';
ALTER ROLE painplan_app SET idle_in_transaction_session_timeout = '60s';
-- Tables in memory or on an SSD; with the default, that of turning disks, the planner reads whole tables for a few rows.
ALTER ROLE painplan_app SET random_page_cost = 1.1;
ALTER ROLE painplan_owner SET timezone = 'UTC';
ALTER ROLE painplan_owner SET lock_timeout = '5s';
CREATE DATABASE painplan OWNER painplan_owner;
REVOKE ALL ON DATABASE painplan FROM PUBLIC;
GRANT CONNECT ON DATABASE painplan TO painplan_app;
SQL

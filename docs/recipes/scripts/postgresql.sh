#!/bin/sh
# slipway-description: PostgreSQL with a database and a role that owns it
# slipway-author: Slipway
# slipway-idempotent: yes
# slipway-timeout: 20m
# slipway-input: DATABASE string default=app; name of the database
# slipway-input: DATABASE_USER string default=app; role that owns it
# slipway-input: DATABASE_PASSWORD string secret required; the role's password
# slipway-input: LISTEN choice(local,all) default=local; whether other machines may connect
# slipway-input: ALLOW_FROM string default=10.0.0.0/8; network that may connect where LISTEN is all
#
# Debian 12 and 13, Ubuntu 22.04 and newer; the distribution's own packages.
set -eu
export DEBIAN_FRONTEND=noninteractive

# Another apt may still be at work on a fresh machine: wait for its lock.
apt_get() { apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -qq -y "$@"; }
# Without systemd (as in a container) services are started by whoever runs the machine.
has_systemd() { [ -d /run/systemd/system ]; }

apt_get update
apt_get install --no-install-recommends postgresql postgresql-contrib

for name in "${DATABASE:=app}" "${DATABASE_USER:=app}"; do
  case $name in
    [!a-z_]* | *[!a-z0-9_]* | "") echo "DATABASE and DATABASE_USER may hold a-z, 0-9 and _ only" >&2; exit 2 ;;
  esac
done
case ${ALLOW_FROM:=10.0.0.0/8} in
  *[!0-9a-fA-F.:/]*) echo "ALLOW_FROM is no network" >&2; exit 2 ;;
esac

export DATABASE DATABASE_USER

version=$(find /etc/postgresql -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort -n | tail -1)
conf=/etc/postgresql/$version/main
mkdir -p "$conf/conf.d"
hba=$conf/pg_hba.conf
sed -i '/# slipway$/d' "$hba"
if [ "${LISTEN:-local}" = all ]; then
  echo "listen_addresses = '*'" >"$conf/conf.d/slipway.conf"
  echo "host $DATABASE $DATABASE_USER $ALLOW_FROM scram-sha-256 # slipway" >>"$hba"
else
  echo "listen_addresses = 'localhost'" >"$conf/conf.d/slipway.conf"
fi
pg_ctlcluster "$version" main restart

as_postgres() { (cd / && setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"); }
# The password goes in by the environment, never by an argument, and psql quotes it.
as_postgres psql -v ON_ERROR_STOP=1 -q <<'END'
\getenv database DATABASE
\getenv role DATABASE_USER
\getenv password DATABASE_PASSWORD
SET password_encryption = 'scram-sha-256';
SELECT format('CREATE ROLE %I LOGIN', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
SET log_statement = 'none';
SELECT format('ALTER ROLE %I PASSWORD %L', :'role', :'password') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'role')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
END
as_postgres psql -qAt -c 'SHOW server_version'

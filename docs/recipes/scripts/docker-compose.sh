#!/bin/sh
# slipway-description: Docker Engine and a Compose project that is started
# slipway-author: Slipway
# slipway-idempotent: yes
# slipway-timeout: 20m
# slipway-input: COMPOSE_YAML string; the compose.yaml of the project, given by --input-file
# slipway-input: PROJECT string default=app; name of the project and of its folder below /srv
#
# Debian 12 and 13, Ubuntu 22.04 and newer; the distribution's own packages.
set -eu
export DEBIAN_FRONTEND=noninteractive

# Another apt may still be at work on a fresh machine: wait for its lock.
apt_get() { apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -qq -y "$@"; }
# Without systemd (as in a container) services are started by whoever runs the machine.
has_systemd() { [ -d /run/systemd/system ]; }

apt_get update
apt_get install --no-install-recommends docker.io ca-certificates
# The plugin's name differs between the distributions; Debian 12 has the older program only.
for package in docker-compose-v2 docker-compose-plugin docker-compose; do
  if apt-cache show "$package" >/dev/null 2>&1; then
    apt_get install --no-install-recommends "$package"
    break
  fi
done
if docker compose version >/dev/null 2>&1; then
  compose() { docker compose "$@"; }
else
  compose() { docker-compose "$@"; }
fi
compose version

project=${PROJECT:-app}
case $project in
  *[!a-z0-9_-]* | "") echo "PROJECT may hold a-z, 0-9, _ and - only" >&2; exit 2 ;;
esac
if has_systemd; then systemctl enable --now docker; fi

[ -n "${COMPOSE_YAML:-}" ] || exit 0
mkdir -p "/srv/$project"
printf '%s\n' "$COMPOSE_YAML" >"/srv/$project/compose.yaml.new"
mv "/srv/$project/compose.yaml.new" "/srv/$project/compose.yaml"
cd "/srv/$project"
compose -p "$project" -f compose.yaml config -q
if has_systemd; then compose -p "$project" -f compose.yaml up -d; fi

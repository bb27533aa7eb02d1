#!/bin/sh
# slipway-description: Docker Engine from the distribution's packages
# slipway-author: Slipway
# slipway-idempotent: yes
# slipway-timeout: 15m
# slipway-input: USERS string; users that may use Docker without being root, parted by blanks
# slipway-input: LOG_MAX_SIZE string default=10m; size at which a container's log is rotated
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

mkdir -p /etc/docker
if [ ! -e /etc/docker/daemon.json ]; then
  printf '{"log-driver": "json-file", "log-opts": {"max-size": "%s", "max-file": "3"}}\n' "${LOG_MAX_SIZE:-10m}" \
    >/etc/docker/daemon.json.new
  mv /etc/docker/daemon.json.new /etc/docker/daemon.json
fi

for user in ${USERS:-}; do
  id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user"
  usermod -aG docker "$user"
done

if has_systemd; then
  systemctl enable docker
  systemctl restart docker
  docker version --format 'server {{.Server.Version}}'
fi
docker --version

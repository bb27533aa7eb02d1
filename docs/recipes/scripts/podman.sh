#!/bin/sh
# slipway-description: Podman, with containers of root or of a user of their own
# slipway-author: Slipway
# slipway-idempotent: yes
# slipway-timeout: 15m
# slipway-input: CONTAINER_USER string; a user for rootless containers, which outlive its logins
#
# Debian 12 and 13, Ubuntu 22.04 and newer; the distribution's own packages.
set -eu
export DEBIAN_FRONTEND=noninteractive

# Another apt may still be at work on a fresh machine: wait for its lock.
apt_get() { apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -qq -y "$@"; }
# Without systemd (as in a container) services are started by whoever runs the machine.
has_systemd() { [ -d /run/systemd/system ]; }

apt_get update
apt_get install --no-install-recommends podman uidmap slirp4netns fuse-overlayfs dbus-user-session ca-certificates

user=${CONTAINER_USER:-}
if [ -n "$user" ]; then
  id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user"
  grep -q "^$user:" /etc/subuid || usermod --add-subuids 200000-265535 "$user"
  grep -q "^$user:" /etc/subgid || usermod --add-subgids 200000-265535 "$user"
  if has_systemd; then loginctl enable-linger "$user"; fi
fi
if has_systemd; then systemctl enable --now podman.socket; fi
podman --version

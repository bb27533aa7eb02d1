#!/bin/sh
# slipway-description: Node.js, with npm unless it is not wanted, and a service that runs an application
# slipway-author: Slipway
# slipway-idempotent: yes
# slipway-timeout: 20m
# slipway-input: APP_DIR string default=/srv/app; folder of the application
# slipway-input: APP_COMMAND string; what the service runs in that folder, such as `node server.js`; none: no service
# slipway-input: PORT integer default=3000; given to the application as PORT
# slipway-input: NPM boolean default=true; npm too: some 370 more packages of the distribution, 25 MB to fetch
#
# Debian 12 and 13, Ubuntu 22.04 and newer; the distribution's own packages.
set -eu
export DEBIAN_FRONTEND=noninteractive

# Another apt may still be at work on a fresh machine: wait for its lock.
apt_get() { apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -qq -y "$@"; }
# Without systemd (as in a container) services are started by whoever runs the machine.
has_systemd() { [ -d /run/systemd/system ]; }

apt_get update
apt_get install --no-install-recommends nodejs ca-certificates
if [ "${NPM:-true}" = true ]; then apt_get install --no-install-recommends npm; fi

dir=${APP_DIR:-/srv/app}
id app >/dev/null 2>&1 || useradd --system --home-dir "$dir" --shell /usr/sbin/nologin app
mkdir -p "$dir"
chown app: "$dir"

if [ -n "${APP_COMMAND:-}" ]; then
  cat >/etc/systemd/system/app.service <<END
[Unit]
Description=Application in $dir
After=network-online.target
Wants=network-online.target

[Service]
User=app
WorkingDirectory=$dir
Environment=NODE_ENV=production PORT=${PORT:-3000}
ExecStart=/usr/bin/env $APP_COMMAND
Restart=on-failure
NoNewPrivileges=yes
ProtectSystem=full

[Install]
WantedBy=multi-user.target
END
  if has_systemd; then
    systemctl daemon-reload
    systemctl enable app
    # Without an application yet, the service is started by whoever puts one there.
    if [ -n "$(ls -A "$dir")" ]; then systemctl restart app; fi
  fi
fi
node --version
if command -v npm >/dev/null; then npm --version; fi

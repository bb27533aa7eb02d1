#!/bin/sh
# slipway-description: A static site served by Caddy, with a certificate of its own where it has a domain
# slipway-author: Slipway
# slipway-idempotent: yes
# slipway-timeout: 15m
# slipway-input: DOMAIN string; the name under which the site is reached; none: plain HTTP on port 80
# slipway-input: INDEX_HTML string; the first page, given by --input-file
# slipway-input: EMAIL string; told to the certificate authority
#
# Debian 12 and 13, Ubuntu 22.04 and newer; the distribution's own packages.
set -eu
export DEBIAN_FRONTEND=noninteractive

# Another apt may still be at work on a fresh machine: wait for its lock.
apt_get() { apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -qq -y "$@"; }
# Without systemd (as in a container) services are started by whoever runs the machine.
has_systemd() { [ -d /run/systemd/system ]; }

apt_get update
apt_get install --no-install-recommends caddy ca-certificates

domain=${DOMAIN:-}
case $domain in
  *[!A-Za-z0-9.-]*) echo "DOMAIN is no name of a host" >&2; exit 2 ;;
esac
case ${EMAIL:-} in
  *[!A-Za-z0-9.@_+-]*) echo "EMAIL is no address" >&2; exit 2 ;;
esac

mkdir -p /var/www/site
if [ -n "${INDEX_HTML:-}" ]; then
  printf '%s\n' "$INDEX_HTML" >/var/www/site/index.html
elif [ ! -e /var/www/site/index.html ]; then
  echo '<!doctype html><title>It works</title><p>It works.' >/var/www/site/index.html
fi

{
  if [ -n "${EMAIL:-}" ]; then printf '{\n\temail %s\n}\n' "$EMAIL"; fi
  printf '%s {\n\troot * /var/www/site\n\tencode gzip\n\tfile_server\n}\n' "${domain:-:80}"
} >/etc/caddy/Caddyfile.new
caddy validate --adapter caddyfile --config /etc/caddy/Caddyfile.new
mv /etc/caddy/Caddyfile.new /etc/caddy/Caddyfile

if has_systemd; then
  systemctl enable caddy
  systemctl restart caddy
fi
caddy version

#!/bin/sh
# slipway-description: A WireGuard server with one client, whose configuration only root can read
# slipway-author: Slipway
# slipway-idempotent: yes
# slipway-timeout: 15m
# slipway-input: CLIENT_PUBLIC_KEY string; public key of the client; none: keys are made for it on the machine
# slipway-input: LISTEN_PORT integer default=51820; UDP port of the server
# slipway-input: SERVER_ADDRESS string default=10.99.0.1; address of the server in the tunnel, in a /24
# slipway-input: CLIENT_ADDRESS string default=10.99.0.2; address of the client in the tunnel
#
# Debian 12 and 13, Ubuntu 22.04 and newer; the distribution's own packages.
set -eu
export DEBIAN_FRONTEND=noninteractive

# Another apt may still be at work on a fresh machine: wait for its lock.
apt_get() { apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -qq -y "$@"; }
# Without systemd (as in a container) services are started by whoever runs the machine.
has_systemd() { [ -d /run/systemd/system ]; }

apt_get update
apt_get install --no-install-recommends wireguard-tools iproute2 iptables

for value in "${SERVER_ADDRESS:=10.99.0.1}" "${CLIENT_ADDRESS:=10.99.0.2}"; do
  case $value in
    *[!0-9.]* | "") echo "SERVER_ADDRESS and CLIENT_ADDRESS are IPv4 addresses" >&2; exit 2 ;;
  esac
done
port=${LISTEN_PORT:-51820}

umask 077
mkdir -p /etc/wireguard
cd /etc/wireguard
# Keys stay where they are when the recipe runs again.
[ -s server.key ] || wg genkey >server.key
client=${CLIENT_PUBLIC_KEY:-}
if [ -z "$client" ]; then
  [ -s client.key ] || wg genkey >client.key
  client=$(wg pubkey <client.key)
fi
case $client in
  *[!A-Za-z0-9+/=]*) echo "CLIENT_PUBLIC_KEY is no key" >&2; exit 2 ;;
esac
out=$(ip -4 route show default | awk '{for (i = 1; i < NF; i++) if ($i == "dev") {print $(i + 1); exit}}')

cat >wg0.conf.new <<END
[Interface]
Address = $SERVER_ADDRESS/24
ListenPort = $port
PrivateKey = $(cat server.key)
PostUp = iptables -A FORWARD -i %i -j ACCEPT; iptables -t nat -A POSTROUTING -o ${out:-eth0} -j MASQUERADE
PostDown = iptables -D FORWARD -i %i -j ACCEPT; iptables -t nat -D POSTROUTING -o ${out:-eth0} -j MASQUERADE

[Peer]
PublicKey = $client
AllowedIPs = $CLIENT_ADDRESS/32
END
mv wg0.conf.new wg0.conf

{
  echo "[Interface]"
  echo "Address = $CLIENT_ADDRESS/32"
  if [ -s client.key ]; then echo "PrivateKey = $(cat client.key)"; fi
  echo
  echo "[Peer]"
  echo "PublicKey = $(wg pubkey <server.key)"
  echo "Endpoint = ${SLIPWAY_IPV4:-ADDRESS-OF-THIS-MACHINE}:$port"
  echo "AllowedIPs = 0.0.0.0/0"
  echo "PersistentKeepalive = 25"
} >client.conf

echo 'net.ipv4.ip_forward = 1' >/etc/sysctl.d/60-wireguard.conf
if has_systemd; then
  sysctl -q -p /etc/sysctl.d/60-wireguard.conf
  systemctl enable wg-quick@wg0
  systemctl restart wg-quick@wg0
fi
echo "server public key: $(wg pubkey <server.key)"
echo "the client's configuration is in /etc/wireguard/client.conf"

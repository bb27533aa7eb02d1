/// The programs that stand in for a hypervisor and for a VM's system: `sh` over util-linux and OpenSSH.
enum MachineScript {
  /// Runs as one process for each VM, in a mount namespace of its own; its end is the end of the VM.
  ///
  /// `$1` is the VM's directory, `$2` its name. The disk is an overlay over this machine's files, so that nothing
  /// that a VM writes reaches them. Standard input says `boot` and `halt`; its end, which comes by itself when the
  /// simulator dies, ends everything.
  static let machine = """
    set -e
    umask 022
    disk=$1/disk
    mkdir -p "$disk"
    mount -t tmpfs -o mode=0755 vm "$disk"
    for part in upper work root home roothome cloud slipway ssh; do mkdir "$disk/$part"; done
    chmod 0700 "$disk/roothome"
    mount -t overlay -o "lowerdir=/,upperdir=$disk/upper,workdir=$disk/work" vm "$disk/root"
    root=$disk/root
    mkdir -p "$root/var/lib/cloud" "$root/var/lib/slipway" "$root/etc/ssh" "$root/root" "$root/home" "$root/dev"
    mount --bind "$disk/roothome" "$root/root"
    mount --bind "$disk/home" "$root/home"
    mount --bind "$disk/cloud" "$root/var/lib/cloud"
    mount --bind "$disk/slipway" "$root/var/lib/slipway"
    mount --bind "$disk/ssh" "$root/etc/ssh"
    mount -t tmpfs -o mode=0755 vm "$root/dev"
    for node in null zero full random urandom tty; do : >"$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"; done
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 vm "$root/dev/pts"
    mount -t tmpfs -o mode=1777 vm "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    mkdir -p "$root/var/lib/cloud/instance"
    cp -r "$1/seed" "$root/var/lib/cloud/seed"
    rm -rf "$1/seed"
    chmod -R go-rwx "$root/var/lib/cloud/seed"
    mkdir "$root/.below"
    cd "$root"
    pivot_root . .below
    cd /
    mount -t proc proc /proc
    umount -l /.below
    rmdir /.below
    vm=
    # The end of process 1 is seen only when every process of the VM has ended and its port is free.
    halt() {
      [ -n "$vm" ] || return 0
      one=$(cat "/proc/$vm/task/$vm/children" 2>/dev/null || :)
      kill -9 ${one:-$vm} 2>/dev/null || :
      wait "$vm" 2>/dev/null || :
      vm=
    }
    while read -r word; do
      halt
      [ "$word" != boot ] || {
        unshare --mount --pid --uts --ipc --fork --kill-child /bin/sh -c "$3" init </dev/null &
        vm=$!
      }
    done
    halt
    """

  /// Process 1 of a VM, once for each power-on.
  static let system = """
    export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
    cd /
    umount /proc
    mount -t proc proc /proc
    mount -t tmpfs -o mode=0755 run /run
    mount -t tmpfs -o mode=1777 tmp /tmp
    mkdir -m 0755 /run/sshd
    first=
    seed=/var/lib/cloud/seed
    if [ -d "$seed" ]; then
      first=yes
      echo running >/run/cloud-init.status
      install -m 0600 "$seed/user-data.txt" /var/lib/cloud/instance/user-data.txt
      install -m 0644 "$seed/hostname" /etc/hostname
      install -m 0644 "$seed/sshd_config" /etc/ssh/sshd_config
      sed -i 's/^root:!*/root:/; s/^root::/root:*:/' /etc/shadow
      cat >/usr/bin/cloud-init <<'END'
    #!/bin/sh
    [ "${1:-}" = status ] || { echo "cloud-init: this simulator knows only: cloud-init status [--wait]" >&2; exit 2; }
    while [ "${2:-}" = --wait ] && [ "$(cat /run/cloud-init.status)" = running ]; do sleep 0.2; done
    status=$(cat /run/cloud-init.status)
    echo "status: $status"
    [ "$status" != error ]
    END
      chmod 0755 /usr/bin/cloud-init
      /bin/sh "$seed/first-boot.sh"
    else
      echo done >/run/cloud-init.status
    fi
    hostname "$(cat /etc/hostname)"
    /usr/sbin/sshd -D -e &
    sshd=$!
    [ -z "$first" ] || /bin/sh "$seed/final.sh" &
    wait "$sshd"
    """
}

/// The scripts by which a VM makes a host key that only it knows, and the reading of what they print.
///
/// A bootstrap key comes with the user data, which a VM can read for as long as it lives; so it is trusted only until
/// first contact. Each script is a constant, given to `sh -s` as standard input; nothing is ever spliced into one, and
/// what has to be compared is printed by the VM and compared here. (Data after a script on the same input would be lost:
/// dash reads its script in blocks.) Each may be run any number of times, also after a run that was cut off anywhere.
package enum HostKeyRotation {
  /// The file that says that the rotation is complete.
  private static let common = """
    set -eu
    umask 077
    new=/etc/ssh/slipway_host_ed25519_key
    key=/etc/ssh/ssh_host_ed25519_key
    rotated=/etc/ssh/slipway_rotated

    """

  /// Makes the new key beside the old one, and prints its public half; `newKey` reads it.
  ///
  /// Run it over a connection verified with the bootstrap key. Once the rotation is complete it prints the key in place.
  package static let gather =
    common + """
      if [ -e "$rotated" ]; then source=$key
      else
        # Half a key, from a run that was cut off, is no key.
        if ! ssh-keygen -y -P '' -f "$new" </dev/null >/dev/null 2>&1; then
          rm -f "$new" "$new.pub"
          ssh-keygen -q -t ed25519 -N '' -C '' -f "$new" </dev/null
          sync
        fi
        source=$new
      fi
      echo '\(Mark.hostKey)'
      ssh-keygen -y -P '' -f "$source" </dev/null
      echo '\(Mark.end)'

      """

  /// Puts the new key into place, removes every other key and the cached user data, and makes sshd take it.
  ///
  /// Run it over a connection verified with the bootstrap key or the new one. Exit code `notGathered`: there is no new
  /// key; `notReloaded`: sshd could not be told.
  package static let rotate =
    common + """
      if [ ! -e "$rotated" ]; then
        ssh-keygen -y -P '' -f "$new" </dev/null >"$new.pub" 2>/dev/null || exit \(notGathered)
        # Copies, and renames over the old ones: at every moment there are whole keys under both names.
        cp "$new" "$key.next"
        cp "$new.pub" "$key.pub.next"
        chmod 644 "$key.pub.next"
        sync
        mv -f "$key.next" "$key"
        mv -f "$key.pub.next" "$key.pub"
        for other in /etc/ssh/ssh_host_*; do
          case $other in "$key"|"$key.pub") ;; *) rm -f "$other" ;; esac
        done
        sync
        : >"$rotated"
        sync
      fi
      rm -f "$new" "$new.pub"
      for folder in /var/lib/cloud/instance /var/lib/cloud/instances/*; do
        rm -f "$folder"/user-data.txt* "$folder"/vendor-data*.txt* "$folder"/cloud-config.txt
        # Later stages of a first boot still read this one.
        if [ -e /run/cloud-init/result.json ]; then rm -f "$folder"/obj.pkl; fi
      done
      rm -f /run/cloud-init/instance-data-sensitive.json /run/cloud-init/combined-cloud-config.json
      sync
      if [ -d /run/systemd/system ]; then
        for unit in ssh sshd; do
          if systemctl is-active --quiet "$unit.service" </dev/null; then
            systemctl reload "$unit.service" </dev/null && exit 0
            systemctl restart "$unit.service" </dev/null && exit 0
          fi
        done
        # An sshd for each connection reads its keys anew.
        for unit in ssh sshd; do
          if systemctl is-active --quiet "$unit.socket" </dev/null; then exit 0; fi
        done
      fi
      for file in /run/sshd.pid /var/run/sshd.pid; do
        if [ -s "$file" ]; then kill -HUP "$(cat "$file")" && exit 0; fi
      done
      exit \(notReloaded)

      """

  /// Prints what proves the rotation; `check` judges it.
  ///
  /// Run it over a connection verified with the new key alone.
  package static let confirm =
    common + """
      echo '\(Mark.state)'
      if [ -e "$rotated" ] && [ ! -e "$new" ]; then echo rotated; fi
      for file in /var/lib/cloud/instance/user-data.txt* /var/lib/cloud/instances/*/user-data.txt*; do
        if [ -e "$file" ]; then echo user-data; fi
      done
      echo '\(Mark.hostKey)'
      for file in /etc/ssh/*_key; do
        if [ -e "$file" ]; then ssh-keygen -y -P '' -f "$file" </dev/null || echo unreadable; fi
      done
      echo '\(Mark.authorizedKeys)'
      cat /root/.ssh/authorized_keys 2>/dev/null || :
      echo
      echo '\(Mark.end)'

      """

  /// `rotate` found no new key: `gather` has to be run before.
  package static let notGathered: Int32 = 3
  /// `rotate` found no sshd that it could tell to take the new key.
  package static let notReloaded: Int32 = 4

  enum Mark {
    static let state = "-----SLIPWAY STATE-----"
    static let hostKey = "-----SLIPWAY HOST KEY-----"
    static let authorizedKeys = "-----SLIPWAY AUTHORIZED KEYS-----"
    static let end = "-----SLIPWAY END-----"
  }
}

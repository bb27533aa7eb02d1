/// The scripts by which a VM makes a host key that only it knows, and what they print. Each may be run any number of times.
///
/// They are given to `sh -s` as standard input; data follows on lines of its own and is never part of the script.
package enum HostKeyRotation {
  private static let begin = "-----SLIPWAY HOST KEY-----"
  private static let end = "-----SLIPWAY END-----"

  /// Makes the new key beside the old one, and prints its public half.
  package static let gather = """
    set -eu
    umask 077
    new=/etc/ssh/slipway_host_ed25519_key
    done=/etc/ssh/slipway_rotated
    if [ -e "$done" ]; then public=/etc/ssh/ssh_host_ed25519_key.pub
    else
      if [ ! -s "$new.pub" ]; then rm -f "$new" "$new.pub"; ssh-keygen -q -t ed25519 -N '' -C '' -f "$new"; sync; fi
      public=$new.pub
    fi
    echo '\(begin)'
    cat "$public"
    echo '\(end)'

    """

  /// Puts the new key into place, removes every other key and the cached user data, and makes sshd take it.
  package static let rotate = """
    set -eu
    umask 077
    new=/etc/ssh/slipway_host_ed25519_key
    key=/etc/ssh/ssh_host_ed25519_key
    done=/etc/ssh/slipway_rotated
    if [ ! -e "$done" ]; then
      if [ -s "$new" ]; then mv -f "$new" "$key"; fi
      if [ -s "$new.pub" ]; then mv -f "$new.pub" "$key.pub"; chmod 644 "$key.pub"; fi
      for other in /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub; do
        case $other in "$key"|"$key.pub") ;; *) rm -f "$other" ;; esac
      done
      for folder in /var/lib/cloud/instance /var/lib/cloud/instances/*; do
        rm -f "$folder"/user-data.txt* "$folder"/cloud-config.txt "$folder"/vendor-data.txt*
      done
      : >"$done"
      sync
    fi
    if [ -d /run/systemd/system ]; then
      systemctl reload ssh 2>/dev/null || systemctl reload sshd 2>/dev/null || systemctl restart ssh
    else
      kill -HUP "$(cat /run/sshd.pid)"
    fi

    """

  /// Proves that the rotation is done and that every key that follows is among those that may log in.
  ///
  /// Exit codes: 3 not rotated, 4 cached user data is left, 5 a key that has to be in place is not.
  package static func confirm(tenantKeys: [String]) -> String {
    """
    set -eu
    [ -e /etc/ssh/slipway_rotated ] || exit 3
    [ ! -e /etc/ssh/slipway_host_ed25519_key ] || exit 3
    for file in /var/lib/cloud/instance/user-data.txt /var/lib/cloud/instances/*/user-data.txt; do
      [ ! -e "$file" ] || exit 4
    done
    while IFS= read -r key; do
      [ -n "$key" ] || continue
      grep -qF -- "$key" /root/.ssh/authorized_keys || exit 5
    done
    exit 0

    """
      + tenantKeys.map(bare).filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
  }

  /// Algorithm and key of a line, without options in front and comment behind.
  static func bare(_ line: String) -> String {
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0.isNewline })
    guard let type = words.firstIndex(where: { $0.hasPrefix("ssh-") || $0.hasPrefix("ecdsa-") || $0.hasPrefix("sk-") }),
      words.indices.contains(type + 1)
    else { return "" }
    return "\(words[type]) \(words[type + 1])"
  }

  /// The public key in what `gather` printed, algorithm and key only; nil where there is none.
  package static func hostKey(in output: [UInt8]) -> String? {
    let lines = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline)
    guard let start = lines.firstIndex(where: { $0 == begin }), lines.indices.contains(start + 2),
      lines[start + 2] == end
    else { return nil }
    let key = bare(String(lines[start + 1]))
    return key.hasPrefix("ssh-ed25519 ") && key.utf8.count < 200 ? key : nil
  }
}

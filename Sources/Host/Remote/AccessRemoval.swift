/// The script that removes one key from those that may log in as root, and nothing else.
///
/// It may be run any number of times, also after a run that was cut off anywhere. Connections that are open stay open;
/// the key cannot open another one.
package enum AccessRemoval {
  /// The script for a key, given as SSH's wire form in base 64; nil where that is not base 64, since it becomes part of
  /// the script.
  package static func script(key: String) -> String? {
    let isBase64 = key.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
        true
      default: false
      }
    }
    guard isBase64, key.utf8.count >= 32 else { return nil }
    return """
      set -eu
      umask 077
      key='\(key)'
      file=/root/.ssh/authorized_keys
      if [ -e "$file" ] && grep -qF "$key" "$file"; then
        # A copy, and a rename over the old one: at every moment there is a whole file under the name.
        grep -vF "$key" "$file" >"$file.next" || [ $? = 1 ]
        sync
        mv -f "$file.next" "$file"
        sync
      fi

      """
  }
}

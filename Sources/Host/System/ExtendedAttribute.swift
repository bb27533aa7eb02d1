import CLinux

/// An extended attribute of a file.
package enum ExtendedAttribute {
  /// Its value, at most 64 bytes; nil where the file has none of that name, or a longer one.
  package static func value(_ name: String, of path: String) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 64)
    let length = getxattr(path, name, &bytes, bytes.count)
    return length >= 0 ? Array(bytes.prefix(length)) : nil
  }
}

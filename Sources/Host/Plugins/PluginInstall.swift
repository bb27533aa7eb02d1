import Glibc
import System

extension PluginStore {
  /// Puts a copy of a file into a plugin folder, whole or not at all, after it was found fit for the store; its
  /// signature, where it has one, comes first.
  /// - Parameter path: absolute path of the file, which ends in `.so`.
  /// - Returns: the file in its folder. It is there, durable, when this returns.
  package func install(_ path: String, into folder: String) throws(PluginStoreFault) -> PluginFile {
    func fault(_ text: String) -> PluginStoreFault {
      PluginStoreFault(kind: .unusable, description: "\(path): \(text)")
    }
    let cut = path.lastIndex(of: "/") ?? path.startIndex
    let source = PluginFile(folder: String(path[..<cut]), name: String(path[path.index(after: cut)...]))
    guard path.hasPrefix("/"), source.name.hasSuffix(".so"), !source.name.hasPrefix("."), source.name.utf8.count <= 200,
      PlainText.line(source.name) == source.name
    else { throw fault("is no absolute path of a file NAME.so; give it another name") }
    // Where it lies now is the operator's choice; where it will lie is a plugin folder.
    let image = try admit(source, folderCounts: false)
    let target = PluginFile(folder: folder, name: source.name)
    do throws(SystemError) {
      if mkdir(folder, 0o755) != 0, errno != EEXIST { throw SystemError("mkdir", code: errno, context: folder) }
      for suffix in [".sig", ""] where suffix.isEmpty || access("\(image.path).sig", F_OK) == 0 {
        try place("\(image.path)\(suffix)", as: "\(target.path)\(suffix)", in: folder)
      }
      try Descriptor.open(folder, O_RDONLY | O_DIRECTORY).sync()
    } catch { throw fault("cannot be installed: \(error)") }
    return target
  }

  private func place(_ stored: String, as path: String, in folder: String) throws(SystemError) {
    // Hidden until it is whole: discovery passes over names that begin with a dot.
    let fresh = "\(folder)/.slipway-install.\(getpid()).\(Clock.monotonic())"
    defer { unlink(fresh) }
    let source = try Descriptor.open(stored, O_RDONLY | O_NOFOLLOW)
    let target = try Descriptor.open(fresh, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
    while case .bytes(let bytes) = try source.receive(atMost: 256 << 10) { try target.writeAll(bytes) }
    try target.sync()
    // From the rename on it is read, and not while somebody has it open for writing.
    target.close()
    try Self.check(rename(fresh, path), "rename", path)
  }
}

import Control
import FoundationEssentials
import Glibc

/// `slipway plugin new`: needs no daemon.
enum PluginNewCommand {
  static func run(_ line: Invocation, console: Console) throws(CommandFailure) -> ExitCode {
    let template = try PluginTemplate(language: line.option("lang") ?? "", name: line.operand("NAME"))
    let parent = line.option("in") ?? "."
    let folder = parent == "." ? template.name : "\(parent)/\(template.name)"
    try write(template, to: folder, in: parent)
    let first = template.files.first?.path ?? ""
    console.out("made \(folder): \(template.files.count) files; begin with \(first)\n")
    console.out("next: cd \(folder) && make check\n")
    return .ok
  }

  /// Writes all files beside the folder and renames them into place: the folder is there whole, or not at all.
  private static func write(_ template: PluginTemplate, to folder: String, in parent: String) throws(CommandFailure) {
    let files = FileManager.default
    guard isDirectory(parent) else {
      throw .usage(
        "--in names no directory: \(parent)", expected: "a directory that exists", found: parent,
        remedy: "make it with `mkdir -p \(parent)`, or leave --in out")
    }
    var facts = stat()
    guard lstat(folder, &facts) != 0 else {
      throw .usage(
        "\(folder) is there already", expected: "a name that is free in \(parent)", found: folder,
        remedy: "take another NAME or --in, or move it away")
    }
    let fresh = "\(parent)/.\(template.name).new-\(getpid())"
    do {
      defer { try? files.removeItem(atPath: fresh) }
      for file in template.files {
        let path = "\(fresh)/\(file.path)"
        let place = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        try files.createDirectory(atPath: place, withIntermediateDirectories: true)
        try Data(file.bytes).write(to: URL(filePath: path))
      }
      try files.moveItem(atPath: fresh, toPath: folder)
    } catch {
      throw CommandFailure(
        ControlFailure(
          .badRequest, "\(folder) could not be written: \(words(error))",
          expected: "a directory that this user may write to, with space", found: parent,
          remedy: "choose another place with --in"))
    }
  }

  private static func isDirectory(_ path: String) -> Bool {
    var facts = stat()
    return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
  }

  /// The kernel's words, where it was the kernel that refused.
  private static func words(_ error: any Error) -> String {
    guard let cause = (error as? CocoaError)?.underlying as? POSIXError else { return "\(error)" }
    return String(cString: strerror(cause.code.rawValue))
  }
}

import FoundationEssentials
import Glibc

/// A file in a plugin folder that may be a plugin.
package struct PluginFile: Sendable, Hashable {
  /// The folder, as configured.
  package let folder: String
  /// Name in the folder, ends in `.so`.
  package let name: String

  /// Makes a value; nothing is looked at.
  package init(folder: String, name: String) {
    self.folder = folder
    self.name = name
  }

  /// Path of the file.
  package var path: String { "\(folder)/\(name)" }

  /// Name without `lib` and `.so`: what people may call it while its plugin has not told its id.
  package var stem: String {
    let bare = name.hasSuffix(".so") ? String(name.dropLast(3)) : name
    return bare.hasPrefix("lib") && bare.count > 3 ? String(bare.dropFirst(3)) : bare
  }
}

/// What was found in the plugin folders.
package struct PluginDiscovery: Sendable, Hashable {
  /// Files in order of precedence: folder order, then name.
  package let files: [PluginFile]
  /// What was passed over and why, for the operator.
  package let warnings: [String]

  /// Looks through the folders; runs and opens nothing. Blocks for the time of the directory reads.
  /// - Parameter optional: folders that need not be there.
  package static func scan(_ folders: [String], optional: Set<String> = []) -> PluginDiscovery {
    var files: [PluginFile] = []
    var warnings: [String] = []
    for folder in folders {
      let names: [String]
      do {
        names = try FileManager.default.contentsOfDirectory(atPath: folder)
      } catch {
        if !optional.contains(folder) || access(folder, F_OK) == 0 {
          warnings.append("plugin folder \(folder): cannot be read; create it or take it out of the configuration")
        }
        continue
      }
      for name in names.sorted() where name.hasSuffix(".so") && !name.hasPrefix(".") {
        let file = PluginFile(folder: folder, name: name)
        var status = stat()
        guard lstat(file.path, &status) == 0 else { continue }
        if status.st_mode & S_IFMT != S_IFREG {
          warnings.append("\(file.path): is no regular file; copy the plugin itself here")
        } else if PlainText.line(name) != name {
          warnings.append("\(PlainText.line(file.path)): the name holds control characters; rename it")
        } else {
          files.append(file)
        }
      }
    }
    return PluginDiscovery(files: files, warnings: warnings)
  }
}

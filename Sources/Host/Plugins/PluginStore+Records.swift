import Crypto
import FoundationEssentials
import Glibc
package import System

/// Everything that the store remembers beside images.
package struct StoredPlugins: Sendable {
  /// Records by the path of their file.
  package var records: [String: PluginRecord] = [:]
  /// Quarantined images by digest.
  package var quarantine: [String: PluginQuarantine] = [:]
  /// What could not be read and is passed over, for the operator.
  package var warnings: [String] = []
}

extension PluginStore {
  private var records: String { "\(directory)/records" }
  private var quarantine: String { "\(directory)/quarantine" }

  /// Reads all records and quarantines; one that cannot be read is a warning, never a reason not to start.
  package func load() -> StoredPlugins {
    var stored = StoredPlugins()
    for record in read(records, PluginRecord.self, &stored.warnings) {
      if record.schema == PluginRecord.schema {
        stored.records[record.file.path] = record
      } else {
        stored.warnings.append(
          "the record of \(record.file.path): expected schema \(PluginRecord.schema), found \(record.schema); "
            + "it is passed over, and decided anew")
      }
    }
    for entry in read(quarantine, PluginQuarantine.self, &stored.warnings) { stored.quarantine[entry.sha256] = entry }
    return stored
  }

  /// Makes a record durable in the place of the file's earlier one.
  package func save(_ record: PluginRecord) throws(SystemError) {
    try put(record, to: "\(records)/\(Self.key(record.file))", in: records)
  }

  /// Forgets a file.
  package func forget(_ file: PluginFile) { unlink("\(records)/\(Self.key(file))") }

  /// Makes a quarantine durable.
  package func save(_ entry: PluginQuarantine) throws(SystemError) {
    try put(entry, to: "\(quarantine)/\(entry.sha256).json", in: quarantine)
  }

  /// Ends a quarantine.
  package func release(_ sha256: String) { unlink("\(quarantine)/\(sha256).json") }

  /// Removes every image but these, and what unfinished writes left. Gives the digests that were removed.
  @discardableResult
  package func collect(keeping kept: Set<String>) -> [String] {
    var removed: [String] = []
    for name in names(directory) {
      let path = "\(directory)/\(name)"
      if name.hasPrefix("incoming.") {
        unlink(path)
      } else if Self.isDigest(name), !kept.contains(name) {
        for file in names(path) { unlink("\(path)/\(file)") }
        if rmdir(path) == 0 { removed.append(name) }
      }
    }
    return removed.sorted()
  }

  private static func isDigest(_ name: String) -> Bool {
    name.utf8.count == 64 && name.allSatisfy { $0.isASCII && $0.isHexDigit }
  }

  private static func key(_ file: PluginFile) -> String { "\(SHA256.hex(Array(file.path.utf8)).prefix(32)).json" }

  private func names(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  private func put(_ value: some Encodable, to path: String, in folder: String) throws(SystemError) {
    guard let data = try? JSONEncoder().encode(value) else { throw SystemError("encode", code: EINVAL, context: path) }
    try Self.makeDirectory(directory)
    try Self.makeDirectory(folder)
    try write([UInt8](data), to: path)
    try Descriptor.open(folder, O_RDONLY | O_DIRECTORY).sync()
  }

  private func read<Value: Decodable>(_ folder: String, _ type: Value.Type, _ warnings: inout [String]) -> [Value] {
    names(folder).filter { $0.hasSuffix(".json") }.compactMap { name in
      let path = "\(folder)/\(name)"
      if let data = FileManager.default.contents(atPath: path), let value = try? JSONDecoder().decode(type, from: data)
      {
        return value
      }
      warnings.append("\(path): cannot be read and is passed over; remove it")
      return nil
    }
  }
}

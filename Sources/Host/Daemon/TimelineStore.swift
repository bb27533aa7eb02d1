import FoundationEssentials
import Model
import Store

/// Timelines in the archive file, outside of the ledger, so that they never slow or fill it.
final class TimelineStore: TimelineArchive {
  private struct Line: Codable {
    var text: String
    var fields: [String: String]?
  }

  private let archive: Archive

  init(path: String, trouble: @escaping @Sendable (String) -> Void) throws(StoreOpenError) {
    archive = try Archive(path: path, trouble: trouble)
  }

  func append(_ entries: [TimelineEntry]) {
    archive.append(
      entries.compactMap { entry in
        let line = Line(text: entry.text, fields: entry.fields.isEmpty ? nil : entry.fields)
        guard let json = try? JSONEncoder().encode(line) else { return nil }
        return ArchiveEntry(
          resource: entry.resource.description, atMilliseconds: entry.at.ms, kind: entry.kind.rawValue,
          text: String(decoding: json, as: UTF8.self))
      })
  }

  func timeline(of resource: ULID) async -> [TimelineEntry] {
    await archive.entries(of: resource.description).compactMap { stored in
      guard let kind = TimelineEntry.Kind(rawValue: stored.kind),
        let line = try? JSONDecoder().decode(Line.self, from: Data(stored.text.utf8))
      else { return nil }
      return TimelineEntry(
        resource: resource, at: Instant(ms: stored.atMilliseconds), kind: kind, text: line.text,
        fields: line.fields ?? [:])
    }
  }

  /// Forgets the lines older than `instant` of resources that have ended; those of `live` ones stay.
  func forget(before instant: Instant, live: [ULID]) async {
    let spared = live.map(\.description)
    while await archive.prune(before: instant.ms, sparing: spared) > 0 && !Task.isCancelled {}
  }

  func close() { archive.close() }
}

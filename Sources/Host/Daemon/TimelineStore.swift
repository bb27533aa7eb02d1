import Model
import Synchronization

/// Timelines in memory.
final class TimelineStore: TimelineArchive {
  private let lines = Mutex<[ULID: [TimelineEntry]]>([:])

  init(path: String) throws {}

  func append(_ entries: [TimelineEntry]) {
    lines.withLock { lines in for entry in entries { lines[entry.resource, default: []].append(entry) } }
  }

  func timeline(of resource: ULID) async -> [TimelineEntry] { lines.withLock { $0[resource] ?? [] } }
}

/// Answers to catalog questions, for as long as the asker said that they are good enough; pure.
struct CatalogCache {
  /// What makes two questions the same.
  struct Key: Hashable {
    let account: String
    let endpoint: String
    let origin: Origin
    let basePath: String
    let path: String
    let query: String
    let headers: [BrokerHeader]
    let maxResponseBytes: Int
  }

  private struct Entry {
    var answer: BrokerAnswer
    var storedMs: Int64
    var bytes: Int
    var usedAt: UInt64
  }

  private var entries: [Key: Entry] = [:]
  private let capacity: Int
  private var counter: UInt64 = 0
  /// Bytes of all entries.
  private(set) var bytes = 0

  init(capacity: Int) { self.capacity = capacity }

  /// An answer that is at most `ttlMs` old, or nil.
  mutating func find(_ key: Key, ttlMs: Int64, nowMs: Int64) -> BrokerAnswer? {
    guard var entry = entries[key], nowMs - entry.storedMs <= ttlMs else { return nil }
    counter += 1
    entry.usedAt = counter
    entries[key] = entry
    return entry.answer
  }

  /// Keeps a 200 answer; makes room by dropping what was used longest ago. Others, and what is too big, are not kept.
  mutating func store(_ answer: BrokerAnswer, key: Key, nowMs: Int64) {
    if let old = entries.removeValue(forKey: key) { bytes -= old.bytes }
    let size = answer.body.count + answer.headers.reduce(512) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    guard answer.status == 200, size <= capacity else { return }
    while bytes + size > capacity, let oldest = entries.min(by: { $0.value.usedAt < $1.value.usedAt }) {
      entries.removeValue(forKey: oldest.key)
      bytes -= oldest.value.bytes
    }
    counter += 1
    var kept = answer
    kept.fromCache = true
    entries[key] = Entry(answer: kept, storedMs: nowMs, bytes: size, usedAt: counter)
    bytes += size
  }

  /// Drops all answers of one account.
  mutating func forget(account: String) {
    for (key, entry) in entries where key.account == account {
      entries.removeValue(forKey: key)
      bytes -= entry.bytes
    }
  }
}

extension CatalogCache.Key {
  /// The key of a request that may be cached, or nil.
  init?(_ checked: CheckedRequest) {
    guard checked.cacheTTLMs > 0 else { return nil }
    account = checked.account
    endpoint = checked.request.endpoint
    origin = checked.endpoint.base.origin
    basePath = checked.endpoint.base.path
    path = checked.request.path
    query = checked.request.query
    headers = checked.headers
    maxResponseBytes = checked.maxResponseBytes
  }
}

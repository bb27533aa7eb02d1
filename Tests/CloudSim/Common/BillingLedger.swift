/// Every server that ever existed, from the first billed instant to the last: what the cloud would charge
/// for, and so the judge of leaks.
package struct BillingLedger: Sendable {
  /// All entries in the order of their creation.
  package private(set) var entries: [Entry] = []
  private var places: [String: Int] = [:]

  /// One server.
  package struct Entry: Sendable, Hashable {
    /// Id that the cloud gave it, as text.
    package let id: String
    /// Project that pays.
    package let project: String
    /// Name when it was created.
    package let name: String
    /// Labels when it was created; tags are labels without a value.
    package let labels: [String: String]
    /// Type that sets the price.
    package let type: String
    /// Location, or region, that sets the price.
    package let location: String
    /// Instant of creation, milliseconds since 1970.
    package let created: Int64
    /// Instant from which nothing is charged; nil while the server exists.
    package fileprivate(set) var deleted: Int64?
    /// Why it ended; nil while it exists.
    package fileprivate(set) var end: End?

    /// Whole seconds that are billed up to an instant, begun ones counted.
    package func seconds(until now: Int64) -> Int64 {
      let span = max(0, (deleted ?? max(now, created)) - created)
      return (span + 999) / 1000
    }

    /// Makes the entry of a new server.
    package init(
      id: String, project: String, name: String, labels: [String: String], type: String, location: String,
      created: Int64
    ) {
      self.id = id
      self.project = project
      self.name = name
      self.labels = labels
      self.type = type
      self.location = location
      self.created = created
    }
  }

  /// Why a server ended.
  package enum End: String, Sendable, Hashable {
    /// Somebody deleted it through the API.
    case deleted
    /// Its creation failed, and the cloud took it back.
    case failed
    /// It vanished behind everybody's back, by the admin endpoint or a fault.
    case vanished
  }

  /// Makes an empty ledger.
  package init() {}

  /// Writes down a new server.
  package mutating func open(_ entry: Entry) {
    places[entry.id] = entries.count
    entries.append(entry)
  }

  /// Writes down the end of a server; the first end counts.
  package mutating func close(_ id: String, at now: Int64, _ end: End) {
    guard let place = places[id], entries[place].deleted == nil else { return }
    entries[place].deleted = now
    entries[place].end = end
  }

  /// The entry of a server; nil where there never was one.
  package func entry(_ id: String) -> Entry? { places[id].map { entries[$0] } }

  /// Servers that exist, and are paid for, now.
  package var open: [Entry] { entries.filter { $0.deleted == nil } }

  /// Most servers of one name and project that existed at the same instant; above 1 is a duplicate.
  package func mostAlive(where matches: (Entry) -> Bool) -> Int {
    let edges = entries.filter(matches).flatMap { entry in
      [(entry.created, 1)] + (entry.deleted.map { [($0, -1)] } ?? [])
    }.sorted { $0 < $1 }
    var (alive, most) = (0, 0)
    for edge in edges {
      alive += edge.1
      most = max(most, alive)
    }
    return most
  }

  /// Seconds billed up to an instant for the entries that match.
  package func seconds(until now: Int64, where matches: (Entry) -> Bool = { _ in true }) -> Int64 {
    entries.filter(matches).reduce(0) { $0 + $1.seconds(until: now) }
  }

  /// The ledger as the admin endpoint shows it.
  package func json(at now: Int64) -> JSON {
    let list = entries.map { entry -> JSON in
      [
        "id": .string(entry.id), "project": .string(entry.project), "name": .string(entry.name),
        "labels": .map(entry.labels), "type": .string(entry.type), "location": .string(entry.location),
        "created_ms": .int(entry.created), "deleted_ms": .optional(entry.deleted),
        "end": .optional(entry.end?.rawValue), "seconds": .int(entry.seconds(until: now)),
      ]
    }
    return [
      "now_ms": .int(now), "open": .int(Int64(open.count)), "total_seconds": .int(seconds(until: now)),
      "servers": .array(list),
    ]
  }
}

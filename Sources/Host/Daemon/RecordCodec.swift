package import Core
import FoundationEssentials
package import Model

/// Why a record of the ledger cannot be read.
package struct UnreadableRecord: Error, Sendable, CustomStringConvertible {
  /// The record.
  package let key: LedgerKey
  /// What would have been right.
  package let expected: String
  /// What was there instead.
  package let found: String
  /// What to do.
  package let remedy: String

  /// All of it in a line, for people.
  package var description: String { "record \(key) cannot be read: expected \(expected), found \(found); \(remedy)" }
}

/// Records as bytes: one JSON object with the schema number of its kind and the record.
///
/// Raising a number needs an upgrader beside it, and a ledger of it among the frozen ones (`Tests/DaemonTests/Frozen`),
/// which every later version has to go on from; an unknown number is refused, because acting on a record that is half
/// understood is worse than not starting.
package enum RecordCodec {
  /// The schema that is written for each kind of record.
  static let schemas = [
    "resource": 2, "attempt": 1, "idempotency": 1, "account": 1, "finding": 1, "epoch": 1, "offering": 2, "standing": 1,
    "installation": 1,
    "recipe": 1, "recipe-version": 1, "recipe-rating": 1,
    "notice": 1,
  ]

  /// The oldest schema that can be read, where that is not the written one. Offerings and resources of schema 1 have no
  /// recipe, and are otherwise those of schema 2: what is absent in them is nil.
  static let oldest = ["resource": 1, "offering": 1]

  private struct Envelope<Body: Codable>: Codable {
    var schema: Int
    var record: Body
  }

  private struct SchemaOnly: Codable {
    var schema: Int
  }

  /// Bytes of a record of the core.
  package static func encode(_ record: Record) throws -> [UInt8] {
    switch record {
    case .resource(let resource): try encode(resource, kind: "resource")
    case .attempt(let attempt): try encode(attempt, kind: "attempt")
    case .idempotency(let record): try encode(record, kind: "idempotency")
    case .notice(let notice): try encode(notice, kind: "notice")
    }
  }

  /// A record of the core from its bytes; nil for a kind that is not the core's.
  package static func decode(_ stored: LedgerRecord) throws -> Record? {
    switch stored.key.kind {
    case "resource": .resource(try decode(Resource.self, stored))
    case "attempt": .attempt(try decode(Attempt.self, stored))
    case "idempotency": .idempotency(try decode(IdempotencyRecord.self, stored))
    case "notice": .notice(try decode(Notice.self, stored))
    default: nil
    }
  }

  /// Bytes of any record of a known kind.
  package static func encode(_ body: some Codable, kind: String) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return Array(try encoder.encode(Envelope(schema: schemas[kind] ?? 1, record: body)))
  }

  /// Any record of a known kind from its bytes.
  package static func decode<Body: Codable>(_ type: Body.Type, _ stored: LedgerRecord) throws -> Body {
    let data = Data(stored.value)
    do {
      let envelope = try JSONDecoder().decode(Envelope<Body>.self, from: data)
      try check(envelope.schema, of: stored.key)
      return envelope.record
    } catch let unreadable as UnreadableRecord {
      throw unreadable
    } catch {
      // What another schema means it may also say in another form.
      if let found = try? JSONDecoder().decode(SchemaOnly.self, from: data) { try check(found.schema, of: stored.key) }
      throw UnreadableRecord(
        key: stored.key,
        expected: "what this program wrote", found: "\(error)",
        remedy: "the ledger is damaged: restore a backup (`slipway restore FILE`), and keep it: it may be repaired")
    }
  }

  private static func check(_ schema: Int, of key: LedgerKey) throws(UnreadableRecord) {
    let known = schemas[key.kind] ?? 1
    guard schema <= known, schema >= oldest[key.kind] ?? known else {
      throw UnreadableRecord(
        key: key,
        expected: "schema \(known)", found: "schema \(schema)",
        remedy: "start the version of slipway that wrote it, or a newer one")
    }
  }
}

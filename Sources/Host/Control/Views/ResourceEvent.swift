/// One line of the event stream: the resource as a commit left it.
package struct ResourceEvent: Codable, Sendable, Hashable {
  /// The resource's version; pass the last one seen as `since` to go on from there.
  package var seq: UInt64
  /// When that was committed.
  package var at: Timestamp
  /// The resource at that version.
  package var resource: ResourceView
  /// Whether no operation and no cleanup is under way: the last line of the stream.
  package var resting: Bool

  /// Makes the view from its fields.
  package init(
    seq: UInt64,
    at: Timestamp,
    resource: ResourceView,
    resting: Bool
  ) {
    self.seq = seq
    self.at = at
    self.resource = resource
    self.resting = resting
  }
}

/// One thing that happened to a resource.
package struct TimelineEntryView: Codable, Sendable, Hashable {
  /// When.
  package var at: Timestamp
  /// `intent`, `call`, `request`, `answer`, `observation`, `state`, `id`, `finding` or `outcome`.
  package var kind: String
  /// One line for a person.
  package var text: String
  /// Ids and figures for programs.
  package var fields: [String: String]

  /// Makes the view from its fields.
  package init(
    at: Timestamp,
    kind: String,
    text: String,
    fields: [String: String] = [:]
  ) {
    self.at = at
    self.kind = kind
    self.text = text
    self.fields = fields
  }
}

/// A list, as the API sends every collection.
package struct ListView<Item: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
  /// Its entries.
  package var items: [Item]

  /// Makes the view from its fields.
  package init(
    items: [Item]
  ) {
    self.items = items
  }
}

/// A value on the heap that copies share until one of them changes it: a pointer where the value itself would be large.
///
/// As a property wrapper it does not show in what is encoded.
@propertyWrapper
package struct Boxed<Value: Sendable>: Sendable {
  /// `@unchecked`: it is changed only while one box alone holds it.
  private final class Storage: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
  }

  private var storage: Storage

  /// Boxes a value.
  package init(wrappedValue: Value) { storage = Storage(wrappedValue) }

  /// The value.
  package var wrappedValue: Value {
    // Lent: a getter would copy the whole value for each field that is read.
    _read { yield storage.value }
    _modify {
      if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.value) }
      yield &storage.value
    }
  }

  /// Whether both hold the very same bytes.
  package func shares(with other: Boxed) -> Bool { storage === other.storage }
}

extension Boxed: Equatable where Value: Equatable {
  /// Whether the values are equal.
  package static func == (a: Boxed, b: Boxed) -> Bool { a.shares(with: b) || a.wrappedValue == b.wrappedValue }
}

extension Boxed where Value: Equatable {
  /// The box that is known, where it holds the same; else this one, which is known from now on.
  package func shared(with known: inout Boxed?) -> Boxed {
    if let known, known == self { return known }
    known = self
    return self
  }
}

extension Boxed: Hashable where Value: Hashable {
  /// Hashes the value.
  package func hash(into hasher: inout Hasher) { hasher.combine(wrappedValue) }
}

extension Boxed: Encodable where Value: Encodable {
  /// Writes the value alone.
  package func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

extension Boxed: Decodable where Value: Decodable {
  /// Reads the value alone.
  package init(from decoder: any Decoder) throws { self.init(wrappedValue: try Value(from: decoder)) }
}

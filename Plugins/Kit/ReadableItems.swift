/// The objects of a list that could be read; one that has not the form that the plugin knows is left out,
/// so that it does not hide the others. A listing that left one out is incomplete.
public struct ReadableItems<Item: Decodable>: Decodable {
  /// What could be read, in order.
  public var items: [Item]
  /// How many could not.
  public var unreadable: Int

  /// Reads an array.
  public init(from decoder: any Decoder) throws {
    let all = try decoder.singleValueContainer().decode([Attempted].self)
    items = all.compactMap(\.item)
    unreadable = all.count - items.count
  }

  private struct Attempted: Decodable {
    var item: Item?
    init(from decoder: any Decoder) throws { item = try? Item(from: decoder) }
  }
}

extension ReadableItems: Sendable where Item: Sendable {}

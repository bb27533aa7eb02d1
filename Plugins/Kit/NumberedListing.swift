/// What reading a listing of numbered pages, one after the other, has found so far.
public struct NumberedListing<Item: Identifiable & Sendable>: Sendable where Item.ID: Sendable {
  /// Every object seen, by id: one that moved to a later page while we read is counted once.
  public private(set) var items: [Item.ID: Item] = [:]
  /// Requests that it cost.
  public private(set) var pages = 0
  /// Objects by the cloud's own count, on the last page read.
  public private(set) var total: Int?
  /// The page to read next; nil after the last one.
  public private(set) var next: Int? = 1
  /// Pages left to read, where the cloud says how many there are.
  public private(set) var pagesLeft: Int?
  private var agrees = true

  /// Nothing was read yet.
  public init() {}

  /// Whether all pages were read and agree: the same total on each, and as many objects as that. A
  /// listing during which an object came or went disagrees and proves nothing about absence.
  public var isComplete: Bool { next == nil && agrees && (total.map { $0 == items.count } ?? false) }

  /// Takes the page that was read for `next`: its objects, how many of them could not be read, the number
  /// of the page that follows, that of the last one, and the cloud's total.
  public mutating func take(_ found: [Item], unreadable: Int = 0, next following: Int?, last: Int?, total: Int?) {
    if pages > 0, total != self.total { agrees = false }
    let before = items.count
    for item in found { items[item.id] = item }
    if unreadable > 0 || items.count != before + found.count { agrees = false }
    self.total = total
    pagesLeft = last.map { min(max($0, 0), 1_000_000) - min(next ?? 1, 1_000_000) }
    pages += 1
    // A page number that does not grow would be read for ever.
    if let following, following <= (next ?? 0) || pages >= 1_000 {
      agrees = false
      next = nil
    } else {
      next = following
    }
  }
}

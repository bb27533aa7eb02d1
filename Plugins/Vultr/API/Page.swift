import PluginKit

/// A kind of object that Vultr lists: `{"<root>": […], "meta": {"total", "links": {"next", "prev"}}}`.
protocol Listed: Decodable, Sendable, Identifiable where ID: Sendable {
  /// Name of the member that holds the list.
  static var root: String { get }
}

/// One page of a listing.
struct Page<Item: Listed>: Decodable {
  /// The objects of this page that could be read.
  var items: [Item]
  /// Objects that could not.
  var unreadable: Int
  /// Cursor of the next page, or nil on the last one.
  var next: String?
  /// What Vultr calls the total; on some lists it only says that there is one more than a page holds.
  var total: Int?

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Name.self)
    let list = try members.decode(ReadableItems<Item>.self, forKey: Name(Item.root))
    (items, unreadable) = (list.items, list.unreadable)
    let meta = try members.decodeIfPresent(Meta.self, forKey: Name("meta"))
    next = meta?.links?.next.flatMap { $0.isEmpty ? nil : $0 }
    total = meta?.total
  }

  private struct Meta: Decodable {
    var total: Int?
    var links: Links?
  }

  private struct Links: Decodable { var next: String? }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

/// What reading a listing, page after page, has found so far.
///
/// The empty cursor ends it, never the total: on some lists the total counts only one object beyond the
/// page (seen on /regions).
struct Listing<Item: Listed> {
  /// Every object seen, by id.
  private(set) var items: [Item.ID: Item] = [:]
  /// Requests that it cost.
  private(set) var pages = 0
  /// Cursor of the page to read next, empty for the first one; nil after the last one.
  private(set) var next: String? = ""
  /// All pages were readable, none came twice, and no object did.
  private var isWhole = true
  private var totals: Set<Int> = []
  private var statedEverywhere = true
  private var looksAhead = true
  private var cursors: Set<String> = []

  /// Whether all pages were read and agree: the same total on each, and as many objects as that. A
  /// listing during which an object came or went disagrees and proves nothing about absence. One page
  /// without a total has nothing to disagree with.
  var isComplete: Bool {
    guard next == nil, isWhole else { return false }
    if pages == 1, totals.isEmpty { return true }
    return statedEverywhere && totals == [items.count]
  }

  /// Whether all pages were read and their totals are no counts, but at most one more than the page holds:
  /// nothing says that objects are missing, and nothing that they are not.
  var looksAheadOnly: Bool { next == nil && isWhole && pages > 1 && looksAhead }

  /// Takes the page that was read for `next`.
  mutating func take(_ page: Page<Item>) {
    let before = items.count
    for item in page.items { items[item.id] = item }
    if page.unreadable > 0 || items.count != before + page.items.count { isWhole = false }
    if let total = page.total { totals.insert(total) } else { statedEverywhere = false }
    let beyond = page.total.map { $0.subtractingReportingOverflow(page.items.count).partialValue }
    if !(beyond.map((0...1).contains) ?? false) { looksAhead = false }
    pages += 1
    // A cursor that comes again would be read for ever.
    if let following = page.next, !cursors.insert(following).inserted || pages >= 1_000 {
      isWhole = false
      next = nil
    } else {
      next = page.next
    }
  }
}

import PluginKit

/// A kind of object that Hetzner lists: `{"<root>": […], "meta": {"pagination": {…}}}`.
protocol Listed: Decodable, Sendable, Identifiable where ID == Int64 {
  /// Name of the member that holds the list.
  static var root: String { get }
}

/// One page of a listing.
struct Page<Item: Listed>: Decodable {
  /// The objects of this page; one that cannot be read is left out, which makes the listing incomplete.
  var items: [Item]
  /// The next page, or nil on the last one; `last_page` may be null there.
  var next: Int?
  /// Number of the last page, where Hetzner says it.
  var last: Int?
  /// Objects on all pages, where Hetzner says it.
  var total: Int?

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Name.self)
    items = try members.decode(ReadableItems<Item>.self, forKey: Name(Item.root)).items
    let meta = try members.decodeIfPresent(Meta.self, forKey: Name("meta"))
    next = meta?.pagination?.nextPage
    last = meta?.pagination?.lastPage
    total = meta?.pagination?.totalEntries
  }

  private struct Meta: Decodable { var pagination: Pagination? }

  private struct Pagination: Decodable {
    var nextPage: Int?
    var lastPage: Int?
    var totalEntries: Int?

    enum CodingKeys: String, CodingKey {
      case nextPage = "next_page"
      case lastPage = "last_page"
      case totalEntries = "total_entries"
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

/// What reading a listing, page after page, has found so far.
struct Listing<Item: Listed> {
  /// Every object seen, by id: one that moved to a later page while we read is counted once.
  private(set) var items: [Int64: Item] = [:]
  /// Requests that it cost.
  private(set) var pages = 0
  /// Objects by the cloud's own count, on the last page read.
  private(set) var total: Int?
  /// The page to read next; nil after the last one.
  private(set) var next: Int? = 1
  /// Pages left to read, where the cloud says how many there are.
  private(set) var pagesLeft: Int?
  private var agrees = true

  /// Whether all pages were read and agree: the same total on each, and as many objects as that. A
  /// listing during which an object came or went disagrees and proves nothing about absence.
  var isComplete: Bool { next == nil && agrees && (total.map { $0 == items.count } ?? false) }

  /// Takes the page that was read for `next`.
  mutating func take(_ page: Page<Item>) {
    if pages > 0, page.total != total { agrees = false }
    let before = items.count
    for item in page.items { items[item.id] = item }
    if items.count != before + page.items.count { agrees = false }
    total = page.total
    pagesLeft = page.last.map { min(max($0, 0), 1_000_000) - min(next ?? 1, 1_000_000) }
    pages += 1
    // A page number that does not grow would be read for ever.
    if let following = page.next, following <= (next ?? 0) || pages >= 1_000 {
      agrees = false
      next = nil
    } else {
      next = page.next
    }
  }
}

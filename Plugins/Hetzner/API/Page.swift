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
typealias Listing = NumberedListing

extension NumberedListing where Item: Listed {
  /// Takes the page that was read for `next`.
  mutating func take(_ page: Page<Item>) { take(page.items, next: page.next, last: page.last, total: page.total) }
}

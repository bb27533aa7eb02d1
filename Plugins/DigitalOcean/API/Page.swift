import PluginKit

/// A kind of object that DigitalOcean lists: `{"<root>": […], "links": {"pages": {…}}, "meta": {"total"}}`.
protocol Listed: Decodable, Sendable, Identifiable where ID: Sendable {
  /// Name of the member that holds the list.
  static var root: String { get }
}

/// What reading a listing, page after page, has found so far.
typealias Listing = NumberedListing

extension NumberedListing where Item: Listed {
  /// Takes the page that was read for `next`.
  mutating func take(_ page: Page<Item>) {
    take(page.items, unreadable: page.unreadable, next: page.next, last: page.last, total: page.total)
  }
}

/// One page of a listing. Links are absolute: their numbers are followed, never their hosts.
struct Page<Item: Listed>: Decodable {
  /// The objects of this page that could be read.
  var items: [Item]
  /// What could not be read; it makes the listing incomplete.
  var unreadable: Int
  /// The next page, or nil on the last one.
  var next: Int?
  /// Number of the last page, where DigitalOcean says it.
  var last: Int?
  /// Objects on all pages.
  var total: Int?

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Name.self)
    let list = try members.decode(ReadableItems<Item>.self, forKey: Name(Item.root))
    let pages = try members.decodeIfPresent(Links.self, forKey: Name("links"))?.pages
    (items, unreadable) = (list.items, list.unreadable)
    total = try members.decodeIfPresent(Meta.self, forKey: Name("meta"))?.total
    next = pages?.next.flatMap(Self.number)
    last = pages?.last.flatMap(Self.number)
    if pages?.next != nil, next == nil { unreadable += 1 }
  }

  /// The number in `…?page=2&per_page=200`.
  private static func number(_ link: String) -> Int? {
    guard let query = link.split(separator: "?", maxSplits: 1).dropFirst().first else { return nil }
    let item = query.split { $0 == "&" || $0 == "#" }.first { $0.hasPrefix("page=") }
    return item.flatMap { Int($0.dropFirst("page=".count)) }
  }

  private struct Meta: Decodable { var total: Int? }

  private struct Links: Decodable { var pages: Pages? }

  private struct Pages: Decodable {
    var next: String?
    var last: String?
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

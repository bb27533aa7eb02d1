import PluginKit
import PluginMessages

/// Vultr's REST API as the verbs use it.
struct VultrAPI: CloudAPI {
  /// The call that pays for the requests.
  let call: Call

  /// Largest page that Vultr gives (API v2, "Meta and Pagination").
  static let pageSize = 500

  static let correlationHeader: String? = nil

  func failure(_ response: CloudResponse, to request: CloudRequest) -> CloudFailure {
    .vultr(response, to: request)
  }

  /// Reads one page into a listing.
  func readPage<Item: Listed>(
    of listing: inout Listing<Item>, _ path: String, _ query: KeyValuePairs<String, String>, cacheTtlS: UInt32 = 0
  ) throws(CloudFailure) {
    guard let cursor = listing.next else { return }
    var request = CloudRequest(.get, path, query: query, cacheTtlS: cacheTtlS)
    request.query += (request.query.isEmpty ? "" : "&") + PercentEncoding.query(["per_page": String(Self.pageSize)])
    if !cursor.isEmpty { request.query += "&" + PercentEncoding.query(["cursor": cursor]) }
    listing.take(try send(request, as: Page<Item>.self))
  }

  /// Reads all pages.
  func list<Item: Listed>(
    _ type: Item.Type = Item.self, _ path: String, _ query: KeyValuePairs<String, String> = [:], cacheTtlS: UInt32 = 0
  ) throws(CloudFailure) -> Listing<Item> {
    var listing = Listing<Item>()
    while listing.next != nil { try readPage(of: &listing, path, query, cacheTtlS: cacheTtlS) }
    return listing
  }

  /// Reads all pages, twice where Vultr's totals tell nothing: what was deleted meanwhile may hide another
  /// object in one reading, but then the other reading differs.
  func listSurely<Item: Listed>(
    _ type: Item.Type = Item.self, _ path: String, _ query: KeyValuePairs<String, String> = [:]
  ) throws(CloudFailure) -> (listing: Listing<Item>, isComplete: Bool) {
    let first = try list(type, path, query)
    guard !first.isComplete, first.looksAheadOnly else { return (first, first.isComplete) }
    let second = try list(type, path, query)
    let agree = second.looksAheadOnly && first.items.keys == second.items.keys
    return (second, second.isComplete || agree)
  }

  /// The instance of that id, or nil when Vultr says that it does not exist.
  func instance(_ id: String) throws(CloudFailure) -> Instance? {
    try find("/instances/\(id)", as: Instance.Envelope.self)?.instance
  }

  /// Every instance of exactly that label: labels are not unique.
  func instances(labelled label: String) throws(CloudFailure) -> Listing<Instance> {
    try list(Instance.self, "/instances", ["label": label])
  }
}

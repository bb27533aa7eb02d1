import PluginKit
import PluginMessages

/// Vultr's REST API as the verbs use it: requests in, decoded values or classified failures out.
struct VultrAPI {
  /// The call that pays for the requests.
  let call: Call

  /// Largest page that Vultr gives (API v2, "Meta and Pagination").
  static let pageSize = 500

  /// Performs a request and reads its answer.
  func send<Value: Decodable>(_ request: CloudRequest, as type: Value.Type = Value.self) throws(CloudFailure) -> Value {
    try exchange(request).decode(type, of: request)
  }

  /// Performs a request whose answer's body does not matter.
  func exchange(_ request: CloudRequest) throws(CloudFailure) -> CloudResponse {
    let response = try call.http(request)
    if response.succeeded { return response }
    throw .vultr(response, to: request)
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
    do {
      return try send(CloudRequest(.get, "/instances/\(id)"), as: Instance.Envelope.self).instance
    } catch  where error.code == .notFound {
      return nil
    }
  }

  /// Every instance of exactly that label: labels are not unique.
  func instances(labelled label: String) throws(CloudFailure) -> Listing<Instance> {
    try list(Instance.self, "/instances", ["label": label])
  }
}

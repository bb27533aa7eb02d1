import PluginKit
import PluginMessages

/// Hetzner's REST API as the verbs use it.
struct HetznerAPI: CloudAPI {
  /// The call that pays for the requests.
  let call: Call

  /// Largest page that Hetzner gives (Cloud API, "Pagination").
  static let pageSize = 50

  static let correlationHeader: String? = "x-correlation-id"

  func failure(_ response: CloudResponse, to request: CloudRequest) -> CloudFailure {
    FailureTable.hetzner.failure(CloudError(hetzner: response), to: request)
  }

  /// Reads one page into a listing.
  func readPage<Item: Listed>(
    of listing: inout Listing<Item>, _ path: String, _ query: KeyValuePairs<String, String>, cacheTtlS: UInt32 = 0
  ) throws(CloudFailure) {
    guard let number = listing.next else { return }
    var request = CloudRequest(.get, path, query: query, cacheTtlS: cacheTtlS)
    let paging: KeyValuePairs = ["page": String(number), "per_page": String(Self.pageSize)]
    request.query += (request.query.isEmpty ? "" : "&") + PercentEncoding.query(paging)
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

  /// The server of that id, or nil when Hetzner says that it does not exist.
  func server(_ id: Int64) throws(CloudFailure) -> Server? {
    try find("/servers/\(id)", as: Server.Envelope.self)?.server
  }

  /// The servers of exactly that name: one, or none, because names are unique in a project.
  func servers(named name: String) throws(CloudFailure) -> Listing<Server> {
    try list(Server.self, "/servers", ["name": name])
  }
}

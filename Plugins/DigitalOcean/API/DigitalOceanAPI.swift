import PluginKit
import PluginMessages

/// DigitalOcean's REST API as the verbs use it.
struct DigitalOceanAPI: CloudAPI {
  /// The call that pays for the requests.
  let call: Call

  /// Largest page that DigitalOcean gives (digitalocean-v2.json, `per_page`).
  static let pageSize = 200

  static let correlationHeader: String? = "x-request-id"

  func failure(_ response: CloudResponse, to request: CloudRequest) -> CloudFailure {
    .digitalOcean(response, to: request, nowMs: call.nowMs)
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

  /// The droplet of that id, or nil when DigitalOcean says that it does not exist.
  func droplet(_ id: Int64) throws(CloudFailure) -> Droplet? {
    guard let droplet = try find("/droplets/\(id)", as: Droplet.Envelope.self)?.droplet else { return nil }
    if droplet.id == id { return droplet }
    throw CloudFailure(
      .unavailable, "DigitalOcean was asked for droplet \(id) and answered with \(droplet.id)",
      remedy: "none; the host asks again", mayExist: true)
  }

  /// The action of that id; nil when it does not exist or the token may not read it.
  func action(_ id: Int64) throws(CloudFailure) -> Action? {
    do {
      let action = try send(CloudRequest(.get, "/actions/\(id)"), as: Action.Envelope.self).action
      return action.id == id ? action : nil
    } catch  where error.code == .notFound || error.code == .forbidden {
      return nil
    }
  }
}

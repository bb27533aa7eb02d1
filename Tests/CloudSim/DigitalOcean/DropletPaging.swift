import HTTP

extension DigitalOceanCloud {
  /// One page of a listing, with `links.pages` of absolute URLs, none on a single page, and `meta.total`.
  func page<Row>(
    _ rows: [Row], _ root: String, _ call: DigitalOceanCall, _ show: (Row) -> JSON
  ) throws(DigitalOceanError) -> HTTPResponse {
    let number = try whole("page", call, 1, most: Int.max / 1000)
    let size = try whole("per_page", call, 20, most: 200)
    let settings = frame.world.settings
    let last = max(1, (rows.count + size - 1) / size)
    let start = min((number - 1) * size, rows.count)
    let shown = rows[start..<min(start + size, rows.count)]
    let more = number < last || (settings.nextOnFullPage && shown.count == size)

    var pages: JSON = [:]
    if number > 1 {
      pages["first"] = link(to: 1, call)
      pages["prev"] = link(to: number - 1, call)
    }
    if more {
      pages["next"] = link(to: number + 1, call)
      if !settings.omitLastPage { pages["last"] = link(to: max(last, number + 1), call) }
    }
    let links: JSON = pages.members?.isEmpty == false ? ["pages": pages] : [:]
    return HTTPResponse(
      status: 200,
      json: .object([
        .init(root, .array(shown.map(show))), .init("links", links), .init("meta", ["total": .int(Int64(rows.count))]),
      ]))
  }

  private func link(to page: Int, _ call: DigitalOceanCall) -> JSON {
    let kept = call.items.filter { $0.name != "page" }
    let items = ["page=\(page)"] + kept.map { "\(Percent.encoded($0.name))=\(Percent.encoded($0.value))" }
    return .string("\(frame.world.settings.baseURL)\(call.path.dropFirst(3))?\(items.joined(separator: "&"))")
  }

  private func whole(
    _ name: String, _ call: DigitalOceanCall, _ usual: Int, most: Int
  ) throws(DigitalOceanError) -> Int {
    guard let text = call.first(name) else { return usual }
    guard let value = Int(text), (1...most).contains(value) else {
      throw .invalid("\(name) must be an integer from 1 to \(most)")
    }
    return value
  }
}

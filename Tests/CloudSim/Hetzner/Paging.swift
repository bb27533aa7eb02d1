import HTTP

/// One field by which a listing can be sorted.
struct SortField<Row> {
  let name: String
  let ascending: (Row, Row) -> Bool
}

extension HetznerCloud {
  /// One page of a listing, with `meta.pagination` and a Link header; hetzner-cloud.json, "Pagination".
  func page<Row>(
    _ rows: [Row], _ root: String, _ call: HetznerCall, _ show: (Row) -> JSON
  ) throws(HetznerError) -> HTTPResponse {
    let number = try whole("page", call, 1, most: Int.max / 100)
    let size = try whole("per_page", call, 25, most: 50)
    let last = max(1, (rows.count + size - 1) / size)
    let start = min((number - 1) * size, rows.count)
    let shown = rows[start..<min(start + size, rows.count)]
    let settings = frame.world.settings
    let more = number < last || (settings.nextOnFullPage && shown.count == size)
    let next = more ? number + 1 : nil
    let previous = number > 1 ? number - 1 : nil
    let lastShown = settings.nullLastPage ? nil : last

    var meta: JSON = ["page": .int(Int64(number)), "per_page": .int(Int64(size))]
    meta["previous_page"] = .optional(previous.map(Int64.init))
    meta["next_page"] = .optional(next.map(Int64.init))
    meta["last_page"] = .optional(lastShown.map(Int64.init))
    meta["total_entries"] = .int(Int64(rows.count))

    let links = [("prev", previous), ("next", next), ("last", lastShown)].compactMap { name, page in
      page.map { "<\(link(to: $0, size, call))>; rel=\"\(name)\"" }
    }
    return HTTPResponse(
      status: 200, json: .object([.init(root, .array(shown.map(show))), .init("meta", ["pagination": meta])]),
      headers: links.isEmpty ? [] : [HTTPField("link", links.joined(separator: ", "))])
  }

  private func link(to page: Int, _ size: Int, _ call: HetznerCall) -> String {
    let kept = call.items.filter { $0.name != "page" && $0.name != "per_page" }
    let items = kept.map { "\(Percent.encoded($0.name))=\(Percent.encoded($0.value))" }
    let query = (items + ["page=\(page)", "per_page=\(size)"]).joined(separator: "&")
    return "\(frame.world.settings.baseURL)\(call.path.dropFirst(3))?\(query)"
  }

  private func whole(_ name: String, _ call: HetznerCall, _ usual: Int, most: Int) throws(HetznerError) -> Int {
    guard let text = call.first(name) else { return usual }
    guard let value = Int(text), value >= 1 else { throw .invalid(name, "must be a positive integer") }
    guard value <= most else { throw .invalid(name, "must be less than or equal to \(most)") }
    return value
  }

  /// Rows in the order of the query's `sort`, which may be repeated; `id` where there is none.
  func sorted<Row>(_ rows: [Row], _ call: HetznerCall, by fields: [SortField<Row>]) throws(HetznerError) -> [Row] {
    var orders: [(Row, Row) -> Bool] = []
    for text in call.all("sort") {
      let parts = text.split(separator: ":", maxSplits: 1)
      guard let name = parts.first, let field = fields.first(where: { $0.name == name }),
        parts.count == 1 || parts[1] == "asc" || parts[1] == "desc"
      else { throw .invalid("sort", "'\(text)' is not a valid sort") }
      let ascending = field.ascending
      orders.append(parts.count == 2 && parts[1] == "desc" ? { ascending($1, $0) } : ascending)
    }
    guard !orders.isEmpty else { return rows }
    return rows.sorted { a, b in
      for order in orders {
        if order(a, b) { return true }
        if order(b, a) { return false }
      }
      return false
    }
  }
}

import HTTP

extension VultrCloud {
  /// One page of a listing in the order of its ids; vultr-v2.json, "Meta and Pagination".
  ///
  /// `meta.total` must not be trusted: the cloud was seen to count the page and one entry more, and nothing
  /// beyond the end. Cursors were seen to be base64 of `next__ID`.
  func page<Row, Key: Comparable & LosslessStringConvertible>(
    _ rows: [Row], _ root: String, _ call: VultrCall, by key: (Row) -> Key, _ show: (Row) -> JSON
  ) throws(VultrError) -> HTTPResponse {
    let ordered = rows.sorted { key($0) < key($1) }
    let settings = frame.world.settings
    let size = try pageSize(call)
    let start = try VultrCloud.start(of: call.first("cursor"), ordered.map(key), size)
    let end = min(start + size, ordered.count)
    let shown = ordered[start..<end]
    let more = end < ordered.count || (settings.nextOnFullPage && shown.count == size)
    var (next, previous) = ("", "")
    if more, let last = shown.last { next = settings.offsetCursors ? "skip__\(end)" : "next__\(key(last))" }
    if start > 0 {
      if settings.offsetCursors {
        previous = "skip__\(max(0, start - size))"
      } else if let first = shown.first {
        previous = "prev__\(key(first))"
      }
    }
    let left = ordered.count - start
    let total = settings.totalIsLookahead ? min(left, size + 1) : ordered.count
    return HTTPResponse(
      status: 200,
      json: .object([
        .init(root, .array(shown.map(show))),
        .init(
          "meta",
          [
            "total": .int(Int64(total)),
            "links": ["next": .string(VultrCloud.cursor(next)), "prev": .string(VultrCloud.cursor(previous))],
          ]),
      ]))
  }

  private func pageSize(_ call: VultrCall) throws(VultrError) -> Int {
    guard let text = call.first("per_page") else { return 100 }
    guard let size = Int(text), (1...500).contains(size) else { throw .bad("per_page", "expected 1 to 500") }
    return size
  }

  /// Place in the ordered ids at which the page of a cursor begins.
  private static func start<Key: Comparable & LosslessStringConvertible>(
    of cursor: String?, _ ids: [Key], _ size: Int
  ) throws(VultrError) -> Int {
    guard let cursor else { return 0 }
    let text = Base64.decode(cursor).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let id = String(text.dropFirst(6))
    switch text.prefix(6) {
    case "next__":
      if let key = Key(id) { return ids.firstIndex { $0 > key } ?? ids.count }
    case "prev__":
      if let key = Key(id) { return max(0, (ids.firstIndex { $0 >= key } ?? ids.count) - size) }
    case "skip__":
      if let place = Int(id) { return min(max(0, place), ids.count) }
    default: break
    }
    throw .bad("cursor", "is none that this API gave out")
  }

  private static func cursor(_ text: String) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    for at in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[at..<min(at + 3, bytes.count)]
      let value = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        out.append(place <= group.count ? digits[Int(value >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}

/// The head of a stream: what comes first is kept, up to a limit, and the rest is only noticed.
struct CappedOutput {
  private(set) var bytes: [UInt8] = []
  private(set) var isCut = false
  private let limit: Int

  init(limit: UInt32) { self.limit = Int(limit) }

  mutating func append(_ more: UnsafeRawBufferPointer) {
    let room = limit - bytes.count
    bytes.append(contentsOf: more.prefix(room))
    if more.count > room { isCut = true }
  }
}

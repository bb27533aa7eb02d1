import HTTP

extension ControlAPI {
  /// What `encode` makes of each element, as a line. Only the newest few wait for a slow reader: each line holds the
  /// whole of what it tells.
  static func lines<Element: Sendable>(
    _ elements: AsyncStream<Element>, encode: @escaping @Sendable (Element) -> [UInt8]
  ) -> AsyncStream<[UInt8]> {
    AsyncStream(bufferingPolicy: .bufferingNewest(4)) { continuation in
      // Owned by the stream: it is cancelled when the reader goes.
      let task = Task {
        for await element in elements { continuation.yield(encode(element) + [UInt8(ascii: "\n")]) }
        continuation.finish()
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }
}

extension HTTPResponse {
  /// The head of an answer that comes line by line.
  static var lines: HTTPResponse {
    HTTPResponse(status: 200, headers: [HTTPField("content-type", "application/x-ndjson")])
  }
}

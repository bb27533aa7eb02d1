extension HTTPReply {
  /// Drops the connection after the whole head, with its full length, and `count` bytes of the body.
  ///
  /// Where the client asked to close the connection the head is shorter, and up to five more bytes are sent.
  package static func abort(afterBody count: Int, of response: HTTPResponse) -> HTTPReply {
    let whole = Serializer.whole(response, keepAlive: true).count
    let head = max(0, whole - response.body.count)
    return .abort(after: head + min(max(0, count), response.body.count), of: response)
  }
}

import HTTP

extension ControlRoutes {
  /// Resources, their events and their timelines.
  mutating func addResources() {
    let backend = backend
    on("POST", "/v1/resources", takesBody: true) { call throws(ControlFailure) in
      let key = try RequestDecoding.idempotencyKey(call.request.header("idempotency-key"))
      let resource = try RequestDecoding.resource(call.request.body)
      let order = ProvisionOrder(
        resource: resource, idempotencyKey: key, caller: "uid:\(call.peer.peerUser ?? .max)",
        canonicalBody: ControlCoding.encode(resource))
      return .whole(ControlAPI.json(try await backend.provision(order), status: 202))
    }
    on("GET", "/v1/resources", query: ["state", "offering"]) { call throws(ControlFailure) in
      let filter = ResourceFilter(
        state: try RequestDecoding.state(call.request.query("state")), offering: call.request.query("offering"))
      return .whole(ControlAPI.json(ListView(items: try await backend.resources(filter))))
    }
    on("GET", "/v1/resources/{id}") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.resource(try call.resourceID())))
    }
    on("GET", "/v1/resources/{id}/events", query: ["since", "stay"]) { call throws(ControlFailure) in
      let events = try await backend.watch(
        try call.resourceID(), since: try call.since(), staying: try call.truth("stay") ?? false)
      return .streamed(
        .lines, ControlAPI.lines(events) { ControlCoding.encode($0) })
    }
    on("GET", "/v1/resources/{id}/timeline") { call throws(ControlFailure) in
      .whole(ControlAPI.json(ListView(items: try await backend.timeline(try call.resourceID()))))
    }
    on("POST", "/v1/resources/{id}/secrets") { call throws(ControlFailure) in
      .whole(ControlAPI.json(ListView(items: try await backend.revealSecrets(try call.resourceID()))))
    }
    on("DELETE", "/v1/resources/{id}/recipe-run") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.cancelRun(try call.resourceID()), status: 202))
    }
    on("GET", "/v1/resources/{id}/recipe-log", query: ["run", "stream", "after", "follow"]) {
      call throws(ControlFailure) in
      let query = try call.log()
      guard try call.truth("follow") ?? false else {
        return .whole(ControlAPI.json(ListView(items: try await backend.recipeLog(try call.resourceID(), query))))
      }
      let chunks = try await backend.followRecipeLog(try call.resourceID(), query)
      return .streamed(
        .lines, pulled(chunks))
    }
    on("POST", "/v1/resources/{id}/power", takesBody: true) { call throws(ControlFailure) in
      let action = try RequestDecoding.power(call.request.body)
      return .whole(ControlAPI.json(try await backend.power(try call.resourceID(), action), status: 202))
    }
    on("POST", "/v1/resources/{id}/upgrade", takesBody: true) { call throws(ControlFailure) in
      let upgrade = try RequestDecoding.upgrade(call.request.body)
      return .whole(ControlAPI.json(try await backend.upgrade(try call.resourceID(), to: upgrade), status: 202))
    }
    on("DELETE", "/v1/resources/{id}") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.terminate(try call.resourceID()), status: 202))
    }
  }
}

extension ControlRoutes.Call {
  /// The resource's id: 26 characters of Crockford's base 32, in upper case.
  fileprivate func resourceID() throws(ControlFailure) -> String {
    let id = parameter("id").uppercased()
    guard id.utf8.count == 26, id.utf8.allSatisfy("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8.contains) else {
      throw ControlFailure(
        .badRequest, "\(Members.shown(parameter("id"))) is not a resource id", expected: "a ULID of 26 characters",
        found: "\(parameter("id").utf8.count) characters", remedy: "GET /v1/resources lists the ids")
    }
    return id
  }

  fileprivate func log() throws(ControlFailure) -> LogQuery {
    let stream = request.query("stream")
    guard stream.map(["stdout", "stderr"].contains) ?? true else {
      throw Members.bad(
        "query member stream", "is not known", expected: "stdout or stderr", found: Members.shown(stream ?? ""),
        allowed: ["stdout", "stderr"])
    }
    guard let after = Int64(request.query("after") ?? "0"), after >= 0 else {
      throw Members.bad(
        "query member after", "is not a number", expected: "the number of a chunk",
        found: Members.shown(request.query("after") ?? ""))
    }
    return LogQuery(run: request.query("run")?.uppercased(), stream: stream, after: after)
  }

  fileprivate func since() throws(ControlFailure) -> UInt64 {
    guard let text = request.query("since") else { return 0 }
    guard let since = UInt64(text) else {
      throw Members.bad(
        "query member since", "is not a number", expected: "the seq of an event", found: Members.shown(text))
    }
    return since
  }
}

/// The chunks as lines, each pulled when the reader took the one before it.
private func pulled(_ chunks: AsyncStream<LogChunkView>) -> AsyncStream<[UInt8]> {
  let lines = LogLines(chunks)
  return AsyncStream { await lines.next() }
}

/// One reader's lines.
private actor LogLines {
  private var chunks: AsyncStream<LogChunkView>.Iterator

  init(_ chunks: AsyncStream<LogChunkView>) { self.chunks = chunks.makeAsyncIterator() }

  func next() async -> [UInt8]? {
    var iterator = chunks
    defer { chunks = iterator }
    return await iterator.next(isolation: self).map { ControlCoding.encode($0) + [UInt8(ascii: "\n")] }
  }
}

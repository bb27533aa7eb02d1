import PluginKit
import PluginMessages

/// The engine's API as the verbs use it: requests in, decoded values or classified failures out.
struct DockerAPI {
  /// The call that pays for the requests.
  let call: Call
  /// The account's name, by which the negotiated version is kept.
  let account: String
  let versions: SeenVersions
  /// The engine that the account was added with; nil: none is known.
  let pinned: String?

  /// Throws where another engine than the pinned one answers: it knows nothing of our containers, so its "no such
  /// container" would be taken for their end.
  func verify() throws(CloudFailure) {
    guard let pinned else { return }
    let found = try info().identity
    guard found != pinned else { return }
    throw CloudFailure(
      .unavailable,
      "another engine answers than the one that account \(account) was added with: expected \(pinned), "
        + "found \(found ?? "one without an id")",
      remedy: "let the account's endpoint lead to its engine again; another engine is an account of its own",
      mayExist: false)
  }

  /// Performs a request and reads its answer. Paths have no version; it is put in front here.
  func send<Value: Decodable>(_ request: CloudRequest, as type: Value.Type = Value.self) throws(CloudFailure) -> Value {
    try exchange(request).decode(type, of: request)
  }

  /// Performs a request whose answer's body does not matter. 304 says that it is so already.
  @discardableResult
  func exchange(_ request: CloudRequest) throws(CloudFailure) -> CloudResponse {
    try versioned(request) { request throws(CloudFailure) in try call.http(request) }
  }

  /// Performs a request whose answer arrives in pieces.
  func stream(_ request: CloudRequest, receive: ([UInt8]) -> StreamFlow) throws(CloudFailure) {
    _ = try versioned(request) { request throws(CloudFailure) in try call.http(request, receive: receive) }
  }

  /// `GET` of something that may not exist.
  func find<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) throws(CloudFailure) -> Value? {
    do {
      return try send(CloudRequest(.get, path), as: type)
    } catch  where error.code == .notFound {
      return nil
    }
  }

  /// The engine; an answer this many seconds old is good enough (validate and catalog only).
  func info(cacheTtlS: UInt32 = 0) throws(CloudFailure) -> EngineInfo {
    let info = try send(CloudRequest(.get, "/info", cacheTtlS: cacheTtlS), as: EngineInfo.self)
    guard info.osType == nil || info.osType == "linux" else {
      throw CloudFailure(
        .unsupported, "the engine runs \(info.osType ?? "?") containers; this plugin makes Linux ones",
        remedy: "give the account an engine for Linux containers", mayExist: false)
    }
    return info
  }

  private func versioned(
    _ request: CloudRequest, _ perform: (CloudRequest) throws(CloudFailure) -> CloudResponse
  ) throws(CloudFailure) -> CloudResponse {
    let version = if let known = versions[account] { known } else { try negotiate() }
    var response = try perform(request.speaking(version))
    if response.refusesVersion {
      // Refused before anything was done: this engine is not the one that the version was negotiated with.
      versions[account] = nil
      let other = try negotiate()
      guard other != version else { throw .unspoken(version, response) }
      response = try perform(request.speaking(other))
      if response.refusesVersion { throw .unspoken(other, response) }
    }
    if response.succeeded || response.status == 304 { return response }
    throw FailureTable.docker.failure(CloudError(docker: response), to: request)
  }

  /// Asks the engine for its newest version, and remembers which one to speak.
  private func negotiate() throws(CloudFailure) -> APIVersion {
    let header = "api-version"
    var response = try call.http(CloudRequest(.head, "/_ping"))
    // Something between us and the engine may not let HEAD through.
    if response.header(header) == nil { response = try call.http(CloudRequest(.get, "/_ping")) }
    guard let text = response.header(header), let newest = APIVersion(text) else {
      guard response.succeeded else {
        throw FailureTable.docker.failure(CloudError(docker: response), to: CloudRequest(.get, "/_ping"))
      }
      throw CloudFailure(
        .unavailable, "what answers at the account's endpoint does not say which version of Docker's API it speaks",
        remedy: "check that the endpoint is a Docker engine: `slipway account show \(account)`", mayExist: false)
    }
    let version = try newest.spoken()
    versions[account] = version
    return version
  }
}

extension CloudRequest {
  fileprivate func speaking(_ version: APIVersion) -> CloudRequest {
    var request = self
    request.path = "/v\(version)\(path)"
    return request
  }
}

extension CloudResponse {
  /// Whether the engine does not speak the version that we asked in (moby, api/server/middleware/version.go).
  fileprivate var refusesVersion: Bool {
    guard status == 400, let message = CloudError(docker: self).message else { return false }
    return message.contains("client version") && (message.contains("too old") || message.contains("too new"))
  }
}

extension CloudFailure {
  fileprivate static func unspoken(_ version: APIVersion, _ response: CloudResponse) -> CloudFailure {
    let said = CloudError(docker: response).message ?? ""
    var failure = CloudFailure(
      .unsupported, "the engine does not speak API \(version), the newest that this plugin and it agreed on: \(said)",
      remedy: "look for a newer plugin, or let the engine speak older versions", mayExist: false)
    failure.report.httpStatus = response.status
    failure.report.cloudMessage = said
    return failure
  }
}

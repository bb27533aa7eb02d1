import PluginMessages

/// A cloud's REST API as a plugin's verbs use it: requests in, decoded values or classified failures out.
///
/// The plugin says how its cloud's errors are read; everything else about a request is the same for all.
public protocol CloudAPI {
  /// The call that pays for the requests.
  var call: Call { get }
  /// Lower-case name of the header by which the cloud's support finds a request again; nil: it has none.
  static var correlationHeader: String? { get }

  /// The failure that an answer without a 2xx status is.
  func failure(_ response: CloudResponse, to request: CloudRequest) -> CloudFailure
}

extension CloudAPI {
  /// Performs a request and reads its answer.
  public func send<Value: Decodable>(
    _ request: CloudRequest, as type: Value.Type = Value.self
  ) throws(CloudFailure) -> Value {
    let response = try exchange(request)
    do {
      return try response.decode(type, of: request)
    } catch {
      var failure = error
      failure.report.correlationId = Self.correlationHeader.flatMap(response.header)
      throw failure
    }
  }

  /// Performs a request whose answer's body does not matter.
  @discardableResult
  public func exchange(_ request: CloudRequest) throws(CloudFailure) -> CloudResponse {
    let response = try call.http(request)
    if response.succeeded { return response }
    throw failure(response, to: request)
  }

  /// Performs a GET for one object; nil when the cloud says that there is none.
  public func find<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) throws(CloudFailure) -> Value? {
    do {
      return try send(CloudRequest(.get, path), as: type)
    } catch  where error.code == .notFound {
      return nil
    }
  }
}

import HTTP

/// A refusal of the API: `{"error":{"code","message","details"}}`, hetzner-cloud.json, "Errors".
struct HetznerError: Error, Sendable, Hashable {
  let status: Int
  let code: String
  let message: String
  var details: JSON = .null

  var response: HTTPResponse {
    HTTPResponse(
      status: status,
      json: ["error": ["code": .string(code), "message": .string(message), "details": details]])
  }

  static func invalid(_ problems: [FieldRule.Problem]) -> HetznerError {
    var names: [String] = []
    for problem in problems where !names.contains(problem.field) { names.append(problem.field) }
    let fields = names.map { name -> JSON in
      let messages = problems.filter { $0.field == name }.map { JSON.string($0.message) }
      return ["name": .string(name), "messages": .array(messages)]
    }
    let message: String
    if let only = names.first, names.count == 1 {
      message = "invalid input in field '\(only)': \(problems.first?.message ?? "")"
    } else {
      message = "invalid input in fields " + names.map { "'\($0)'" }.joined(separator: ", ")
    }
    return HetznerError(status: 422, code: "invalid_input", message: message, details: ["fields": .array(fields)])
  }

  static func invalid(_ field: String, _ message: String) -> HetznerError {
    invalid([FieldRule.Problem(field, message)])
  }

  /// Observed wordings keep their own message (clouds differ from their descriptions here).
  static func invalid(_ field: String, wording: String) -> HetznerError {
    var error = invalid(field, wording)
    error = HetznerError(status: error.status, code: error.code, message: wording, details: error.details)
    return error
  }

  static func taken(_ field: String, _ message: String) -> HetznerError {
    HetznerError(
      status: 409, code: "uniqueness_error", message: message, details: ["fields": [["name": .string(field)]]])
  }

  static func notFound(_ noun: String) -> HetznerError {
    HetznerError(status: 404, code: "not_found", message: "\(noun) not found")
  }

  static func outOfStock(_ message: String = "error during placement") -> HetznerError {
    HetznerError(status: 412, code: "resource_unavailable", message: message)
  }

  static func limit(_ name: String) -> HetznerError {
    HetznerError(
      status: 403, code: "resource_limit_exceeded", message: "\(name) exceeded",
      details: ["limits": [["name": .string(name)]]])
  }

  static func removed(_ announcement: String) -> HetznerError {
    HetznerError(
      status: 410, code: "deprecated_api_endpoint", message: "API functionality was removed",
      details: ["announcement": .string("https://docs.hetzner.cloud/changelog#\(announcement)")])
  }

  static let noRoute = HetznerError(status: 404, code: "not_found", message: "api route not found")
  static let wrongMethod = HetznerError(status: 405, code: "method_not_allowed", message: "method not allowed")
  static let noToken = HetznerError(status: 401, code: "unauthorized", message: "token is required")
  static let badToken = HetznerError(
    status: 401, code: "unauthorized", message: "the token you have provided is invalid")
  static let readOnly = HetznerError(
    status: 401, code: "token_readonly", message: "token is only allowed to perform GET requests")
  static let tooMany = HetznerError(
    status: 429, code: "rate_limit_exceeded", message: "limit of requests per hour reached")
  static let badJSON = HetznerError(status: 400, code: "json_error", message: "invalid JSON in request body")
  static let locked = HetznerError(status: 423, code: "locked", message: "server is locked")
  static let protected = HetznerError(status: 423, code: "protected", message: "server deletion is protected")
}

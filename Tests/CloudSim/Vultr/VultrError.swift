import HTTP

/// A refusal of the API: `{"error", "status"}`; vultr-v2.json, "Response Codes".
///
/// Wordings marked "observed" were reported by users of the cloud; of the others only the status is known.
struct VultrError: Error, Sendable, Hashable {
  let status: Int
  let message: String
  /// What is wrong, for whoever looks for the mistake in a client: the cloud's own text often says no more
  /// than `Bad request.`, so this goes into a header of the simulator's.
  var problem: String?

  var response: HTTPResponse {
    HTTPResponse(
      status: status, json: ["error": .string(message), "status": .int(Int64(status))],
      headers: problem.map { [HTTPField("x-sim-problem", VultrError.printable($0))] } ?? [])
  }

  private static func printable(_ text: String) -> String {
    String(text.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" })
  }

  /// Observed for every body that the cloud does not like.
  static func bad(_ field: String, _ problem: String) -> VultrError {
    VultrError(status: 400, message: "Bad request.", problem: "\(field): \(problem)")
  }

  static func bad(_ problems: [FieldRule.Problem]) -> VultrError {
    let texts = problems.map { "\($0.field): \($0.message)" }
    return VultrError(status: 400, message: "Bad request.", problem: texts.joined(separator: "; "))
  }

  /// Observed for instances: `instance not found`.
  static func notFound(_ noun: String) -> VultrError { VultrError(status: 404, message: "\(noun) not found") }

  /// Observed where the source address is not on the key's access list.
  static func wrongSource(_ address: String) -> VultrError {
    VultrError(status: 401, message: "Unauthorized IP address: \(address)")
  }

  static func forbidden(_ acl: String) -> VultrError {
    VultrError(status: 403, message: "Forbidden", problem: "the API key lacks \(acl)")
  }

  /// Observed on DELETE; the other verbs are assumed to say the same of themselves.
  static func locked(_ what: String) -> VultrError {
    VultrError(status: 500, message: "Unable to \(what): Server is currently locked")
  }

  /// Observed for a key that is not there.
  static let noKey = VultrError(status: 404, message: "Invalid ssh key.")
  /// Observed for a line that is no key.
  static let badKey = VultrError(
    status: 400, message: "Unable to create SSH Key: Invalid SSH key.  Keys should be in authorized_keys format")
  /// Observed for `sshkey_id` in POST /instances.
  static let badUUID = VultrError(status: 400, message: "Invalid UUID format.", problem: "sshkey_id: is no UUID")
  static let noRoute = VultrError(status: 404, message: "Not found.")
  static let wrongMethod = VultrError(status: 405, message: "Method not allowed.")
  /// Observed, also where there is no token at all.
  static let badToken = VultrError(status: 401, message: "Invalid API token.")
  /// Worded as version 1 of the API did.
  static let tooMany = VultrError(status: 429, message: "Rate limit reached - please try your request again later.")
  /// Observed for unknown plans and for those of bare metal.
  static let badPlan = VultrError(status: 400, message: "Invalid plan chosen.")
  /// Observed in version 1 of the API, for plans that a region does not have and for those out of stock.
  static let noCapacity = VultrError(
    status: 400,
    message: """
      Plan is not available in the selected datacenter.  This could mean you have chosen the wrong plan (for \
      example, a storage plan in a location that does not offer them), or the location you have selected does not \
      have any more capacity.
      """)
  /// Observed in version 1 of the API.
  static let tooManyServers = VultrError(
    status: 400,
    message: """
      Server add failed: You have reached the maximum number of active virtual machines for this account. For \
      security reasons, please contact our support team to have the limit raised
      """)
  /// Observed.
  static let ending = VultrError(
    status: 500, message: "Unable to destroy server: Server is already pending destruction.")
}

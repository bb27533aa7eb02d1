import HTTP

/// A refusal of the API: `{"id","message","request_id"}`; `id` says what is wrong, not with what.
///
/// Messages are those that issue threads and recorded answers quote; 422 means many things, and its message alone
/// tells them apart.
struct DigitalOceanError: Error, Sendable, Hashable {
  let status: Int
  let id: String
  let message: String

  func response(request: String?) -> HTTPResponse {
    var body: JSON = ["id": .string(id), "message": .string(message)]
    if let request { body["request_id"] = .string(request) }
    return HTTPResponse(status: status, json: body)
  }

  /// 422 with a message.
  static func invalid(_ message: String) -> DigitalOceanError {
    DigitalOceanError(status: 422, id: "unprocessable_entity", message: message)
  }

  static let unauthorized = DigitalOceanError(
    status: 401, id: "Unauthorized", message: "Unable to authenticate you")
  static let forbidden = DigitalOceanError(
    status: 403, id: "Forbidden", message: "You are not authorized to perform this operation")
  static let notFound = DigitalOceanError(
    status: 404, id: "not_found", message: "The resource you were accessing could not be found.")
  static let tooMany = DigitalOceanError(
    status: 429, id: "too_many_requests", message: "API Rate limit exceeded.")
  static let badJSON = DigitalOceanError(status: 400, id: "bad_request", message: "error parsing request body")
  static let pending = invalid("Droplet already has a pending event.")
  static let dropletLimit = invalid("creating this/these droplet(s) will exceed your droplet limit")
  static let noCapacity = invalid("Size is not available in this region.")
  static let keyInUse = invalid("SSH Key is already in use on your account")
  static let badKey = invalid("Key invalid, key should be of the format `type key [comment]`")
  static let badName = invalid("Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)")
  static let badImage = invalid("You specified an invalid image for Droplet creation.")
  static let badSize = invalid("You specified an invalid size for Droplet creation.")
  static let badRegion = invalid("You specified an invalid region for Droplet creation.")
  static let smallDisk = invalid("Cannot create a droplet with a smaller disk than the image.")
  static let imageElsewhere = invalid(
    "The image you specified is not available in the selected region, "
      + "you can transfer it to this region from the images pages.")
}

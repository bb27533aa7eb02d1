import FoundationEssentials
import PluginMessages

/// The account's settings as a plugin with its own networking gets them; pure.
enum DirectSettings {
  /// Name of the member that holds the credential.
  static let member = "credential"

  /// A request with the credential in `account.settings`; a member of that name gives way. Nil where it has no account.
  static func adding(_ credential: String, to request: [UInt8]) -> [UInt8]? {
    guard case .object(var members)? = try? JSONDecoder().decode(JSONValue.self, from: Data(request)),
      case .object(var account)? = members["account"]
    else { return nil }
    var settings: [String: JSONValue] = [:]
    if case .object(let known)? = account["settings"] { settings = known }
    settings[member] = .string(credential)
    account["settings"] = .object(settings)
    members["account"] = .object(account)
    return (try? JSONEncoder().encode(JSONValue.object(members))).map { Array($0) }
  }
}

import Model
import PluginMessages
import Plugins
import Testing

@testable import Daemon

@Suite struct MisfitTests {
  private func plugin(settings: String = #"{"type":"object"}"#, config: String = #"{"type":"object"}"#) throws
    -> CheckedManifest
  {
    let text =
      #"{"id":"p","name":"P","version":"2.0.0","settings_schema":\#(settings),"offering_schema":\#(config),"#
      + #""endpoints":[{"name":"api","base_url":"https://api.test","auth":{"kind":"none"}}]}"#
    return try CheckedManifest(Array(text.utf8), id: "p", version: "2.0.0")
  }

  private func account(_ settings: JSONValue) -> AccountRecord {
    AccountRecord(
      name: "old", plugin: "p", endpoints: [:], settings: settings, limits: CloudLimits(), addedAt: Instant(ms: 0))
  }

  @Test(
    arguments: [
      (#"{"type":"object","required":["zone"]}"#, .object([:]), "settings.zone is required"),
      (
        #"{"type":"object","additionalProperties":false,"properties":{"zone":{},"tier":{}}}"#,
        .object(["region": .string("a")]), "settings.region is not known here; expected one of: tier, zone"
      ),
      (
        #"{"type":"object","properties":{"zone":{"type":"string"}}}"#, .object(["zone": .integer(7)]),
        "settings.zone must be string, found"
      ),
      (
        #"{"type":"object","properties":{"zone":{"enum":["a","b"]}}}"#, .object(["zone": .string("c")]),
        "settings.zone must be one of a, b; found c"
      ),
    ] as [(String, JSONValue, String)])
  func `what does not fit names the account, the plugin, the field, what was expected and found, and the remedy`(
    schema: String, settings: JSONValue, words: String
  ) throws {
    let failure = try #require(Misfit.settings(of: account(settings), try plugin(settings: schema)))
    #expect(failure.code == .invalidSpec)
    #expect(failure.message.hasPrefix("the settings of account old do not fit plugin p 2.0.0: "))
    #expect(failure.message.contains(words), "\(failure.message)")
    #expect(failure.remedy?.contains("add the account again") == true)
    #expect(failure.violations.first?.path.hasPrefix("settings.") == true)
    #expect(Misfit.settings(of: account(settings), try plugin()) == nil)
  }

  @Test func `an image is refused for what does not fit only where the one that serves takes it`() throws {
    let strict = try plugin(settings: #"{"type":"object","required":["zone"]}"#)
    let lenient = try plugin()
    let accounts = [account(.object([:]))]
    #expect(PluginGate.misfit(strict, instead: lenient, accounts, [])?.contains("settings.zone is required") == true)
    #expect(PluginGate.misfit(strict, instead: nil, accounts, [])?.contains("account old") == true)
    #expect(PluginGate.misfit(strict, instead: strict, accounts, []) == nil)
    #expect(PluginGate.misfit(lenient, instead: strict, accounts, []) == nil)
  }

  @Test func `an offering's placement that does not fit is told with its place`() throws {
    let strict = try plugin(config: #"{"type":"object","additionalProperties":false,"properties":{"ipv6":{}}}"#)
    let placement = Placement(
      account: "old", type: "t", location: "l", image: "i", config: #"{"public_ipv6":true}"#)
    let failure = try #require(Misfit.config(of: placement, strict))
    #expect(failure.message.contains("old/t/l does not fit plugin p 2.0.0: config.public_ipv6 is not known here"))
    #expect(failure.message.contains("ipv6"))
    #expect(Misfit.config(of: placement, try plugin()) == nil)
  }
}

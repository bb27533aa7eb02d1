/// One call of a plugin's verb.
package struct PluginCall: Sendable {
  /// The plugin's id.
  package var plugin: String
  /// The verb.
  package var verb: PluginVerb
  /// Key of the account it is for; calls of one account wait behind each other, not behind another's.
  package var account: String
  /// The request, one JSON object.
  package var payload: [UInt8]
  /// Time of `Clock.monotonic` at which its outcome is decided, whatever the plugin does.
  package var deadline: UInt64
  /// What ties it to the caller's records, such as an attempt id; comes back with HTTP requests and late replies.
  package var tag: String
  /// What a worker that does its own networking gets in the place of `payload`: the same request with the account's
  /// credential; nil: the same as others. A worker of a brokered plugin never gets it, whichever image the call meets.
  package var directPayload: [UInt8]?
  /// What it is about, one name for each operation or resource in it; a crash is charged to these. Empty: the account.
  package var subjects: [String]

  /// Makes a call.
  package init(
    plugin: String, verb: PluginVerb, account: String, payload: [UInt8], deadline: UInt64, tag: String = "",
    subjects: [String] = [], directPayload: [UInt8]? = nil
  ) {
    self.plugin = plugin
    self.verb = verb
    self.account = account
    self.payload = payload
    self.deadline = deadline
    self.tag = tag
    self.subjects = subjects
    self.directPayload = directPayload
  }
}

/// What became of a call. Every call gets exactly one.
package enum CallOutcome: Sendable, Hashable {
  /// The plugin's answer: JSON that nobody has checked yet, at most 4 MiB (list and catalog 16).
  case replied([UInt8])
  /// The plugin's failure: a code of slipway_plugin.h section 3, and its report, which may be empty.
  case failed(code: Int32, [UInt8])
  /// The worker died or had to be ended while the call ran: anything may have happened.
  case crashed(String)
  /// No answer until the deadline: anything may have happened, or may still.
  case overdue
  /// It was never given to the plugin: nothing has happened.
  case notServing(String)
  /// It was not given to the plugin, and will not be: what it is about has crashed this image before.
  case parked(String)
  /// The caller's task was cancelled. `sent` is false where the plugin never got it.
  case cancelled(sent: Bool)
}

/// How a slow call is getting on.
package struct CallProgress: Sendable, Hashable {
  /// 0 to 1000, or -1 where unknown.
  package let permille: Int
  /// The plugin's words, without control characters.
  package let message: String
}

/// An answer that came after its call had its outcome: evidence, such as the id of an object that exists after all.
package struct LateReply: Sendable, Hashable {
  /// The plugin's id.
  package let plugin: String
  /// The verb.
  package let verb: PluginVerb
  /// The account's key.
  package let account: String
  /// The call's tag.
  package let tag: String
  /// What came: `replied` or `failed`.
  package let outcome: CallOutcome
}

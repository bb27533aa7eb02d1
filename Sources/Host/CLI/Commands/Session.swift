import Control
package import System

/// Everything that a command works with.
package struct Session: Sendable {
  /// What was typed.
  package var line: Invocation
  /// The daemon.
  package var client: ControlClient
  /// The screen.
  package var console: Console
  /// Timers.
  package var reactor: Reactor
  /// Ctrl-C.
  package var interrupt: Interrupt

  /// Makes a session.
  package init(
    line: Invocation, client: ControlClient, console: Console, reactor: Reactor, interrupt: Interrupt = Interrupt()
  ) {
    self.line = line
    self.client = client
    self.console = console
    self.reactor = reactor
    self.interrupt = interrupt
  }

  /// Whether a program reads the results.
  var isJSON: Bool { line.has("json") }

  /// Milliseconds since 1970.
  var now: Timestamp { Timestamp(ms: Clock.wall()) }

  /// Prints the bytes of an answer for a program, or its text for a person.
  func show<View>(_ answer: ControlClient.Answer<View>, _ text: (View) -> String) {
    console.out(isJSON ? Self.pretty(answer.bytes) : text(answer.view))
  }

  /// Prints a sentence for a person, or an empty object for a program.
  func say(_ sentence: String) { console.out(isJSON ? "{}\n" : sentence + "\n") }

  /// JSON with a line for each member.
  static func pretty(_ bytes: [UInt8]) -> String {
    guard let tree = ControlCoding.tree(bytes) else { return String(decoding: bytes, as: UTF8.self) }
    // Names as they came: the tree is written as it was read.
    return String(decoding: ControlCoding.encode(tree, pretty: true), as: UTF8.self) + "\n"
  }

  /// A path below /v1 with one segment encoded.
  static func path(_ collection: String, _ name: String, _ rest: String = "") -> String {
    "/v1/\(collection)/\(ControlTarget.segment(name))\(rest)"
  }

  /// The whole id of the resource that was named.
  func resourceID() async throws(CommandFailure) -> String {
    let text = line.operand("RESOURCE")
    if ResourceReference.isWhole(text) { return try ResourceReference.resolve(text, among: []) }
    let all = try await client.get("/v1/resources", as: ListView<ResourceView>.self)
    return try ResourceReference.resolve(text, among: all.view.items.map(\.id))
  }
}

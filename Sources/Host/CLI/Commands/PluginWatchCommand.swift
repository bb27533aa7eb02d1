import Control

extension Session {
  /// Shows every change of the plugins until Ctrl-C or the daemon's end.
  func pluginWatch() async throws(CommandFailure) -> ExitCode {
    do {
      return try await interrupt.during { try await watchPlugins() } ?? .detached
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(ControlFailure(.internal, "watching was interrupted"))
    }
  }

  private func watchPlugins() async throws -> ExitCode {
    var shown: [String: String] = [:]
    let lists = try await client.stream("/v1/plugins?watch=true", of: ListView<PluginView>.self)
    while let list = try await lists.next() {
      if isJSON {
        console.out(String(decoding: list.bytes, as: UTF8.self) + "\n")
        continue
      }
      let lines = PluginText.standing(list.view.items, colours: console.colours)
      for (id, text) in lines where shown[id] != text { console.out("\(now) \(text)\n") }
      for id in shown.keys.sorted() where !lines.contains(where: { $0.id == id }) {
        console.out("\(now) \(Plain.text(id)) is gone\n")
      }
      shown = Dictionary(lines.map { ($0.id, $0.text) }, uniquingKeysWith: { first, _ in first })
    }
    throw CommandFailure(
      ControlFailure(.notServing, "the daemon has ended", remedy: "start it again with `slipway serve`"),
      exit: .noDaemon)
  }
}

import Control
import Foundation
import Glibc
import System

// What goes wrong, and what people do meanwhile.
extension Chaos {
  /// One thing, by chance.
  func act() async throws {
    switch chance.number(0...99) {
    case 0..<30: try await order()
    case 30..<42: try await terminate()
    case 42..<48: try await power()
    case 48..<72: try await befall()
    case 72..<78: try await repeatOrder()
    case 78..<82: try await killHost()
    case 82..<87: try await killWorker()
    case 87..<91: try await pauseHost()
    case 91..<94: try await pauseWorker()
    case 94..<97: try await reload()
    default: try await fillDisk()
    }
  }

  /// Sends an order. Where nobody answers, or the host says no for now, it is sent again later, with the same key.
  func send(_ index: Int) async throws {
    let (key, offering, known) = orders[index]
    let body = NewResource(offering: offering)
    guard let accepted = try await host.ask("POST", "/v1/resources", body, key: key, as: AcceptedView.self) else {
      return tell("order \(key): no answer, or not now")
    }
    orders[index].resource = accepted.resourceId
    if let known, known != accepted.resourceId {
      throw Wrong("key \(key) was accepted as \(known), and then as \(accepted.resourceId)")
    }
  }

  private func order() async throws {
    let cloud = chance.pick(clouds)?.kind.id ?? ""
    let offering = chance.number(0...1) == 0 ? cloud : "\(cloud)-first"
    orders.append(("k\(orders.count)", offering, nil))
    tell("order \(orders.count - 1) of \(offering)", count: "orders")
    try await send(orders.count - 1)
  }

  private func repeatOrder() async throws {
    guard !orders.isEmpty else { return }
    let index = chance.number(0...orders.count - 1)
    tell("order \(index) again", count: "orders repeated")
    try await send(index)
  }

  private func terminate() async throws {
    guard let id = chance.pick(orders.compactMap(\.resource)) else { return }
    tell("terminate \(id)", count: "terminates")
    _ = try await host.ask("DELETE", "/v1/resources/\(id)", as: AcceptedView.self)
  }

  private func power() async throws {
    guard let id = chance.pick(orders.compactMap(\.resource)), let action = chance.pick(PowerAction.allCases) else {
      return
    }
    tell("\(action.rawValue) \(id)", count: "power operations asked for")
    _ = try await host.ask(
      "POST", "/v1/resources/\(id)/power", ["action": action.rawValue], as: AcceptedView.self)
  }

  private func befall() async throws {
    guard let cloud = chance.pick(clouds) else { return }
    let fault = menu.draw(cloud.kind, &chance)
    tell("\(cloud.kind.id): \(fault.name)", count: "fault ordered, \(fault.name)")
    try await cloud.befall(fault.rule)
  }

  private func killHost() async throws {
    tell("kill -9 host", count: "kill, host")
    // An order that is just being taken in makes the worst moment more likely.
    let key = "k\(orders.count)"
    orders.append((key, chance.pick(clouds)?.kind.id ?? "", nil))
    counts["orders", default: 0] += 1
    let body = NewResource(offering: orders[orders.count - 1].offering)
    let wait = Duration.microseconds(chance.number(0...30_000))
    host.kill(after: wait)
    orders[orders.count - 1].resource = try? await host.ask(
      "POST", "/v1/resources", body, key: key, as: AcceptedView.self)?.resourceId
    try await host.kill()
    try await host.start()
  }

  private func worker() async throws -> (name: String, pid: Int32)? {
    let name = chance.pick(clouds)?.kind.id ?? ""
    guard let pid = try await host.ask("GET", "/v1/plugins/\(name)", as: PluginView.self)?.pid else { return nil }
    return (name, pid)
  }

  private func killWorker() async throws {
    guard let worker = try await worker(), Glibc.kill(worker.pid, SIGKILL) == 0 else { return }
    tell("kill -9 worker of \(worker.name)", count: "kill, worker")
  }

  private func pauseHost() async throws {
    let span = chance.number(50...3_000)
    tell("host stopped for \(span) ms", count: "stop, host")
    host.signal(SIGSTOP)
    try await reactor.sleep(for: .milliseconds(span))
    host.signal(SIGCONT)
  }

  private func pauseWorker() async throws {
    guard let worker = try await worker(), Glibc.kill(worker.pid, SIGSTOP) == 0 else { return }
    let span = chance.number(50...3_000)
    tell("worker of \(worker.name) stopped for \(span) ms", count: "stop, worker")
    try await reactor.sleep(for: .milliseconds(span))
    _ = Glibc.kill(worker.pid, SIGCONT)
  }

  /// Another build of the same plugin: bytes behind an ELF file's sections change nothing but its digest.
  private func reload() async throws {
    guard let kind = chance.pick(clouds)?.kind else { return }
    tell("reload \(kind.id)", count: "reloads")
    let file = "\(host.folder)/plugins/\(kind.library)"
    let mark = Data("another build".utf8)
    var data = try Data(contentsOf: URL(filePath: file))
    if data.suffix(mark.count) == mark { data.removeLast(mark.count) } else { data += mark }
    try data.write(to: URL(filePath: "\(file).new"))
    guard rename("\(file).new", file) == 0 else { throw Wrong("\(file) could not be replaced") }
    _ = try await host.ask("POST", "/v1/plugins/\(kind.id)/reload", as: PluginView.self)
  }

  private func fillDisk() async throws {
    guard let disk else { return }
    let span = chance.number(100...3_000)
    tell("the disk is full for \(span) ms", count: "disk full")
    disk.fill()
    let end = Clock.monotonic() + UInt64(span) * 1_000_000
    try await order()
    try await terminate()
    while Clock.monotonic() < end { try await reactor.sleep(for: .milliseconds(20)) }
    disk.free()
  }
}

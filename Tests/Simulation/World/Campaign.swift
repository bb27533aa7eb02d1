/// A run of many seeds, and what is said of it.
package struct Campaign: Sendable {
  /// What the command line asks for.
  package struct Order: Sendable {
    /// How many seeds.
    package var count: UInt64
    /// The first of them.
    package var first: UInt64
    /// Whether the first broken rule ends the run, told in one line.
    package var isBrief: Bool

    /// Reads `[SEEDS] [FIRST] [--brief]`; what else begins with `--` is for others.
    package init(_ arguments: [String]) {
      let numbers = arguments.compactMap { UInt64($0) }
      count = numbers.first ?? 2_000
      first = numbers.dropFirst().first ?? 1
      isBrief = arguments.contains("--brief")
    }
  }

  private let order: Order
  private let again: @Sendable (UInt64, Set<Fault>) async -> Result<Tally, Violation>
  private var total = Tally()
  private var broken = 0

  /// Makes a run; `again` runs one seed without those faults.
  package init(
    _ order: Order, again: @escaping @Sendable (UInt64, Set<Fault>) async -> Result<Tally, Violation>
  ) {
    self.order = order
    self.again = again
  }

  /// A run of worlds with clouds of their own.
  package static func abstract(_ order: Order) -> Campaign {
    Campaign(order) { seed, without in
      var world = World(seed: seed, without: without)
      do throws(Violation) { return .success(try world.run()) } catch { return .failure(error) }
    }
  }

  /// Runs the seeds, `width` at a time, and prints what broke; after three broken seeds no further one is begun. True where
  /// every rule held.
  package mutating func run(width: UInt64 = 1, say: (String) -> Void) async -> Bool {
    var next = order.first
    let end = order.first + order.count
    while next < end, broken < (order.isBrief ? 1 : 3) {
      let seeds = next..<min(next + (width == 1 ? 1 : width * 8), end)
      next = seeds.upperBound
      for violation in await batch(seeds, width: width).sorted(by: { $0.seed < $1.seed }) {
        broken += 1
        if order.isBrief {
          say("seed \(violation.seed): \(violation.rule)")
          return false
        }
        say(
          "\(await Shrinking.shortest(violation) { seed, without in if case .failure(let found) = await again(seed, without) { found } else { nil } })"
        )
        if broken == 3 { break }
      }
    }
    return broken == 0
  }

  private mutating func batch(_ seeds: Range<UInt64>, width: UInt64) async -> [Violation] {
    let again = again
    return await withTaskGroup(of: Result<Tally, Violation>.self) { group in
      var waiting = Array(seeds.reversed())
      for _ in 0..<width { if let seed = waiting.popLast() { group.addTask { await again(seed, []) } } }
      var violations: [Violation] = []
      for await result in group {
        switch result {
        case .success(let tally): total.add(tally)
        case .failure(let violation): violations.append(violation)
        }
        if let seed = waiting.popLast() { group.addTask { await again(seed, []) } }
      }
      return violations
    }
  }

  /// Prints the tables and the closing lines. True where nothing that can happen was missed.
  package func close(_ table: Coverage.Table, say: (String) -> Void) -> Bool {
    for line in Coverage.report(total) { say(line) }
    let missed = order.count >= table.enough ? Coverage.missed(total, table) : []
    for line in missed { say("never happened: \(line)") }
    say("seeds \(order.count), steps \(total.steps), host deaths \(total.deaths), objects made \(total.creates)")
    if broken == 0 {
      say("handed over \(total.handedOver); more than one handed over 0; left at the end 0")
    } else {
      say("handed over \(total.handedOver); rules broken in \(broken) seeds")
    }
    say("seconds billed to late and second objects \(total.lateMs / 1_000)")
    return missed.isEmpty
  }
}

package import Broker
import Control
package import Core
package import PluginMessages
import Synchronization

/// The budgets of requests of all accounts: asked before each request leaves, told of each answer.
///
/// In memory: after a restart the cloud's first answer tells again. Any thread may call.
package final class BudgetBook: Sendable {
  private struct Entry {
    var budget: RequestBudget
    var rate: RateBudget
  }

  private let entries = Mutex<[String: Entry]>([:])
  private let clock: HostClock
  private let changed: @Sendable (_ account: String, _ perHour: Int) -> Void

  /// `changed` is called where a cloud says that its budget has another size than was known; must not block.
  package init(clock: HostClock, changed: @escaping @Sendable (_ account: String, _ perHour: Int) -> Void) {
    self.clock = clock
    self.changed = changed
  }

  /// What a plugin's manifest says of an account's budget; what the cloud itself said since stands.
  package func know(_ account: String, _ rate: RateBudget?) {
    entries.withLock { entries in
      guard let rate, let perHour = rate.perHour else { return entries[account] = nil }
      if entries[account]?.rate == rate { return }
      entries[account] = Entry(budget: RequestBudget(perHour: perHour, at: clock.now()), rate: rate)
    }
  }

  /// Whether a request may leave now; an account without a known budget may always.
  package func admit(_ question: BrokerGateQuestion) -> BrokerGateAnswer {
    let now = clock.now()
    let wait = entries.withLock { $0[question.account]?.budget.take(Self.requestClass(of: question), at: now) }
    return wait.map { .wait($0) } ?? .go
  }

  /// Reads what an answer says of the budget. One that speaks of less than a tenth of what the manifest says speaks of
  /// something else: some clouds count a few paths apart, under the same headers.
  package func heard(_ head: BrokerHead) {
    let now = clock.now()
    let size = entries.withLock { entries -> Int? in
      guard let rate = entries[head.account]?.rate else { return nil }
      func number(_ name: String?) -> Int? {
        guard let name, let text = head.headers.first(where: { $0.name == name })?.value else { return nil }
        // Some clouds send a list such as `5000, 5000;w=3600`.
        return Int(text.prefix { $0.isNumber })
      }
      let limit = number(rate.limitHeader)
      if let limit, limit < (rate.perHour ?? 0) / 10 { return nil }
      let isNew = entries[head.account]?.budget.learn(
        limit: limit, remaining: number(rate.remainingHeader), at: now)
      return isNew == true ? entries[head.account]?.budget.perHour : nil
    }
    if let size { changed(head.account, size) }
  }

  /// The budget of an account; nil where none is known.
  package func budget(of account: String) -> RequestBudget? { entries.withLock { $0[account]?.budget } }

  /// Forgets an account.
  package func forget(_ account: String) { entries.withLock { $0[account] = nil } }

  private static func requestClass(of question: BrokerGateQuestion) -> RequestClass {
    switch question.verb {
    case .terminate, .power: .ending
    case .provision, .prepare, .validate: .provision
    case .poll: question.isResolving ? .ending : .poll
    case .list, .catalog, .selfTest, .metrics: .catalog
    }
  }
}

extension BudgetView {
  /// The budget as it is now.
  init(_ budget: RequestBudget) {
    self.init(
      perHour: budget.perHour, left: budget.left,
      reserved: Dictionary(
        uniqueKeysWithValues: RequestClass.allCases.map { ($0.rawValue, budget.reserved($0)) }),
      held: budget.held, heardAt: budget.heardAt.map { Timestamp($0) })
  }
}

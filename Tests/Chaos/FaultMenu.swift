/// Something that a cloud can be made to do wrong.
struct Dish {
  /// What it is, for people.
  let name: String
  /// Members of the rule, as `/_sim/faults` takes it.
  let rule: String
  /// How the cloud's log marks a request that it hit; the status is part of it where the rule answers.
  let mark: String

  init(_ name: String, _ rule: String, mark: String) { (self.name, self.rule, self.mark) = (name, rule, mark) }
}

/// What clouds can be made to do wrong. Every dish is served before one is served again, so that a short run has all.
struct FaultMenu {
  private var deck: [Int] = []

  /// The next rule for a cloud, and its name.
  mutating func draw(_ kind: CloudKind, _ chance: inout Chance) -> (name: String, rule: String) {
    let dishes = Self.dishes(kind, ms: chance.number(50...3_000))
    if deck.isEmpty {
      deck = Array(dishes.indices)
      for index in deck.indices.reversed() { deck.swapAt(index, chance.number(0...index)) }
    }
    let dish = dishes[deck.removeLast()]
    return (dish.name, "{\(dish.rule)}")
  }

  /// Marks of everything on the menu: a long run without one of them shows nothing of it.
  static var marks: Set<String> { Set(CloudKind.all.flatMap { dishes($0, ms: 1) }.map(\.mark)) }

  private static func dishes(_ kind: CloudKind, ms: Int) -> [Dish] {
    let create = #""method":"POST","path":"\#(kind.base)\#(kind.machines)$""#
    let look = #""method":"GET","path":"\#(kind.base)\#(kind.machines)""#
    let end = #""method":"DELETE","path":"\#(kind.base)\#(kind.machines)/{}""#
    let any = #""path":"\#(kind.base)""#
    return [
      Dish("answer to a create lost", #""kind":"drop_answer",\#(create)"#, mark: "drop_answer"),
      Dish("answer to an end lost", #""kind":"drop_answer",\#(end)"#, mark: "drop_answer"),
      Dish("request lost", #""kind":"drop_unread",\#(any),"count":2"#, mark: "drop_unread"),
      Dish("500", #""kind":"respond","status":500,\#(any),"count":2"#, mark: "respond 500"),
      Dish(
        "503 and carried out", #""kind":"respond","status":503,"execute":true,\#(create)"#, mark: "respond 503"),
      Dish("refused and carried out", #""kind":"respond","execute":true,\#(kind.no),\#(create)"#, mark: "respond no"),
      Dish("429", #""kind":"rate_limit","seconds":2,\#(any)"#, mark: "rate_limit"),
      Dish("delay", #""kind":"delay","ms":\#(ms),\#(any),"count":3"#, mark: "delay"),
      Dish("delay of a create", #""kind":"delay","ms":\#(ms),\#(create)"#, mark: "delay"),
      Dish("carried out later", #""kind":"late","ms":\#(ms + 2_000),\#(create)"#, mark: "late"),
      Dish("carried out after the settle window", #""kind":"late","ms":75000,\#(create)"#, mark: "late"),
      Dish("carried out twice", #""kind":"twice","ms":\#(ms),\#(create)"#, mark: "twice"),
      Dish("cut off", #""kind":"truncate","bytes":30,\#(any)"#, mark: "truncate"),
      Dish("garbage", #""kind":"garbage",\#(any)"#, mark: "garbage"),
      Dish("unknown fields", #""kind":"extra_fields",\#(any),"count":3"#, mark: "extra_fields"),
      Dish("hidden", #""kind":"hidden","ms":\#(ms),\#(create)"#, mark: "hidden"),
      Dish("create fails afterwards", #""kind":"create_fails","ms":\#(ms),\#(create)"#, mark: "create_fails"),
      Dish("out of stock", #""kind":"stock_out","ms":\#(ms),\#(create)"#, mark: "stock_out"),
      Dish("stale look", #""kind":"stale","ms":\#(ms),\#(look),"count":2"#, mark: "stale"),
      Dish("ignored end", #""kind":"ignore",\#(end)"#, mark: "ignore"),
    ]
  }
}

public import PluginKit
public import PluginMessages

extension HetznerProvisioner {
  /// Looks at a batch, with as few requests as prove something.
  ///
  /// 1. Entries with outstanding actions: `GET /actions`, 25 ids a request, creates and deletes together.
  ///    A delete action that succeeded for the server's id proves that it is gone.
  /// 2. One or two entries without an id: by exact name. More: by one complete listing.
  /// 3. One or two that need their server's state: by id. More: by one listing of this installation's
  ///    servers, left early when asking for the rest by id is cheaper.
  /// 4. What the listing does not show is asked for by id: only that proves it gone.
  ///
  /// A failure that concerns the account ends the look and becomes the result of the entries that are
  /// left; when it met all of them, it is thrown.
  public func poll(_ request: PollRequest, _ call: Call) throws(CloudFailure) -> PollReply {
    var look = Look(
      request, HetznerAPI(call: call), traffic.pace(request.account, at: call.nowMs))
    look.run()
    return try look.reply()
  }
}

/// One look at a batch.
struct Look {
  private let api: HetznerAPI
  private let request: PollRequest
  private let pace: Pace
  private var subjects: [Subject]
  private var tally = LookTally()

  /// Entries up to which single requests are made rather than a listing.
  private static let few = 2
  /// Requests by id that one look makes for entries that a listing does not show; the others are left to
  /// the next look.
  private static let mostByID = 40

  init(_ request: PollRequest, _ api: HetznerAPI, _ pace: Pace) {
    self.api = api
    self.request = request
    self.pace = pace
    subjects = request.entries.map { Subject($0, pace) }
  }

  mutating func run() {
    askActions()
    askNames()
    askListing()
    askIDs()
  }

  /// One result for each entry, or the failure that met all of them.
  func reply() throws(CloudFailure) -> PollReply {
    try tally.reply(subjects.map { ($0.entry, $0.result) }, countedFrom: pace.nowMs, api.call)
  }

  private mutating func ask<Value>(
    local: inout CloudFailure?, _ body: (HetznerAPI) throws(CloudFailure) -> Value
  ) -> Value? {
    let api = api
    return tally.ask(api.call, local: &local) { () throws(CloudFailure) in try body(api) }
  }

  private mutating func askActions() {
    let waiting = subjects.indices.filter { subjects[$0].waitsForActions }
    var known: [Int64: Action] = [:]
    var unasked: Set<Int> = []
    for batch in Self.batches(waiting.map { ($0, subjects[$0].cookie.actions) }) {
      var get = CloudRequest(.get, "/actions")
      get.query = PercentEncoding.query("id", batch.ids.map(String.init))
      let sent = get
      var local: CloudFailure?
      let page = ask(local: &local) { api throws(CloudFailure) in try api.send(sent, as: Page<Action>.self) }
      for action in page?.items ?? [] { known[action.id] = action }
      // One id that Hetzner does not take spoils the request: these entries' servers are looked at.
      if page == nil, local == nil { unasked.formUnion(batch.members) }
    }
    for index in waiting where !unasked.contains(index) { subjects[index].judge(known) }
  }

  /// Entries' ids in requests of at most 25; all ids of an entry in one request where they fit.
  static func batches(_ wanted: [(index: Int, ids: [Int64])]) -> [(members: [Int], ids: [Int64])] {
    var batches: [(members: [Int], ids: [Int64])] = []
    for (index, ids) in wanted {
      let ids = Array(ids.prefix(Action.batch))
      if let last = batches.last, last.ids.count + ids.count <= Action.batch {
        batches[batches.count - 1].members.append(index)
        batches[batches.count - 1].ids += ids
      } else {
        batches.append(([index], ids))
      }
    }
    return batches
  }

  private mutating func askNames() {
    let nameless = subjects.indices.filter { subjects[$0].isNameless }
    guard nameless.count <= Self.few else { return }
    for index in nameless {
      let name = subjects[index].entry.name
      var local: CloudFailure?
      let found = ask(local: &local) { api throws(CloudFailure) in try api.servers(named: name) }
      if let found {
        subjects[index].judgeNamed(found)
      } else if let local {
        subjects[index].result = subjects[index].entry.failed(local)
      }
    }
  }

  private mutating func askListing() {
    let open = subjects.indices.filter { subjects[$0].isOpen }
    let nameless = open.filter { subjects[$0].isNameless }
    guard open.count > Self.few else { return }
    let query: KeyValuePairs = ["label_selector": Labels.selector(request.account.installationId)]
    var listing = Listing<Server>()
    while listing.next != nil {
      var local: CloudFailure?
      let before = listing
      let after = ask(local: &local) { api throws(CloudFailure) in
        var listing = before
        try api.readPage(of: &listing, "/servers", query)
        return listing
      }
      guard let after else {
        // An incomplete listing proves nothing for those without an id; the others are asked for by id.
        for index in nameless where local != nil {
          subjects[index].result = local.map(subjects[index].entry.failed)
        }
        break
      }
      listing = after
      let unseen = open.filter { subjects[$0].server.map { listing.items[$0] == nil } ?? false }.count
      if nameless.isEmpty, unseen == 0 || unseen < listing.pagesLeft ?? 0 { break }
    }
    if listing.pages > 0 {
      let byAttempt = Dictionary(grouping: listing.items.values) { $0.labels?[Labels.attempt] ?? "" }
      let byName = Dictionary(grouping: listing.items.values, by: \.name)
      for index in open {
        subjects[index].judge(listing, byAttempt, byName)
      }
    }
  }

  private mutating func askIDs() {
    for (count, index) in subjects.indices.filter({ subjects[$0].isOpen && !subjects[$0].isNameless }).enumerated() {
      guard let id = subjects[index].server, count < Self.mostByID else { continue }
      var local: CloudFailure?
      let answer = ask(local: &local) { api throws(CloudFailure) in Found(server: try api.server(id)) }
      if let answer {
        subjects[index].judge(byID: answer.server)
      } else if let local {
        subjects[index].result = subjects[index].entry.failed(local)
      }
    }
  }

  /// A server, or the cloud's word that there is none.
  private struct Found { var server: Server? }
}

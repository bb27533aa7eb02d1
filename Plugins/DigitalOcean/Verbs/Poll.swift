public import PluginKit
public import PluginMessages

extension DigitalOceanProvisioner {
  /// Looks at a batch, with as few requests as prove something.
  ///
  /// 1. More than two that should be gone: the latest actions of the account, at most two pages. A destroy of that
  ///    droplet's id that is completed proves it gone; a create that errored has failed.
  /// 2. More than two without an id: listings of all droplets, because those that do not run yet show no tags.
  /// 3. More than two that should be there: one listing of this installation's droplets, by tag; for GPU
  ///    droplets a second one, of their type. Left early when asking for the rest by id is cheaper.
  /// 4. More than two that are still being made: the actions, where they were not read yet.
  /// 5. The others singly: by id, or by exact name.
  ///
  /// A failure that concerns the account ends the look and becomes the result of the entries that are
  /// left; when it met all of them, it is thrown.
  public func poll(_ request: PollRequest, _ call: Call) throws(CloudFailure) -> PollReply {
    var look = Look(request, DigitalOceanAPI(call: call), traffic.pace(request.account, at: call.nowMs))
    look.run()
    return try look.reply()
  }
}

/// One look at a batch.
struct Look {
  private let api: DigitalOceanAPI
  private let request: PollRequest
  private let pace: Pace
  private var subjects: [Subject]
  private var tally = LookTally()
  private var hasReadActions = false

  /// Entries up to which single requests are made rather than a listing.
  private static let few = 2
  /// Entries from which on a listing pays even if most of what it is asked for should be gone.
  private static let many = 8
  /// Single entries of one look; those beyond are left to the next look.
  private static let mostSingle = 40
  /// Pages of actions of one look.
  private static let mostActionPages = 2

  init(_ request: PollRequest, _ api: DigitalOceanAPI, _ pace: Pace) {
    self.api = api
    self.request = request
    self.pace = pace
    subjects = request.entries.map { Subject($0, pace) }
  }

  mutating func run() {
    askActions { $0.expectsAbsent }
    askAll()
    askTagged()
    askActions { $0.create == nil }
    askSingly()
  }

  /// One result for each entry, or the failure that met all of them.
  func reply() throws(CloudFailure) -> PollReply {
    try tally.reply(subjects.map { ($0.entry, $0.result) }, countedFrom: pace.nowMs, api.call)
  }

  private mutating func ask<Value>(
    local: inout CloudFailure?, _ body: (DigitalOceanAPI) throws(CloudFailure) -> Value
  ) -> Value? {
    let api = api
    return tally.ask(api.call, local: &local) { () throws(CloudFailure) in try body(api) }
  }

  private func open(_ isWanted: (Subject) -> Bool) -> [Int] {
    subjects.indices.filter { subjects[$0].isOpen && isWanted(subjects[$0]) }
  }

  // MARK: Many at once

  /// Reads the actions where more than a few open entries of that kind wait for them; all open entries are judged by them.
  private mutating func askActions(_ isWanted: (Subject) -> Bool) {
    guard open({ $0.waitsForAction && isWanted($0) }).count > Self.few, !hasReadActions else { return }
    hasReadActions = true
    let waiting = open(\.waitsForAction)
    var actions = Listing<Action>()
    while actions.next != nil, actions.pages < Self.mostActionPages {
      guard let more = readPage(of: actions, "/actions") else { break }
      actions = more
      let destroys = Dictionary(actions.items.values.compactMap { action in action.destroys.map { ($0, action) } }) {
        $0.id > $1.id ? $0 : $1
      }
      for index in waiting {
        let (create, droplet) = (subjects[index].cookie.create, subjects[index].droplet)
        subjects[index].judge(
          create: create.flatMap { actions.items[$0] }, destroy: droplet.flatMap { destroys[$0] })
      }
      let isFound = waiting.allSatisfy { !subjects[$0].isOpen || subjects[$0].create != nil }
      if isFound { break }
    }
  }

  private mutating func askAll() {
    let nameless = open(\.isNameless)
    guard nameless.count > Self.few else { return }
    var listings: [Listing<Droplet>?] = []
    for type in ["droplets", "gpus"] {
      let isWanted = nameless.contains { type == "gpus" ? subjects[$0].mayBeGPU : subjects[$0].mayBeOrdinary }
      listings.append(isWanted ? read(["type": type]) { ($0.pagesLeft ?? 0) > nameless.count } : nil)
    }
    judge(ShownDroplets(listings[0], gpus: listings[1], areAll: true))
  }

  private mutating func askTagged() {
    let awaited = open { !$0.isNameless && !$0.expectsAbsent }
    let standing = open { !$0.isNameless }
    guard awaited.count > Self.few || standing.count > Self.many else { return }
    let tag = Tags.installation(request.account.installationId)
    let wanted = awaited.count > Self.few ? awaited : standing
    let subjects = subjects
    func isEnough(_ listing: Listing<Droplet>, _ among: [Int]) -> Bool {
      let unseen = among.filter { index in subjects[index].droplet.map { listing.items[$0] == nil } ?? false }.count
      return unseen <= Self.few || unseen < listing.pagesLeft ?? 0
    }
    let ordinary = wanted.filter { subjects[$0].mayBeOrdinary }
    let gpus = wanted.filter { subjects[$0].cookie.gpu == true }
    let tagged = ordinary.count > Self.few ? read(["tag_name": tag]) { isEnough($0, ordinary) } : nil
    let special = gpus.count > Self.few ? read(["type": "gpus"]) { isEnough($0, gpus) } : nil
    judge(ShownDroplets(tagged, gpus: special, areAll: false))
  }

  private mutating func judge(_ shown: ShownDroplets) {
    for index in subjects.indices { subjects[index].judge(shown) }
  }

  /// Reads a listing of droplets until its end, or until it is enough; nil where not even one page came.
  private mutating func read(
    _ query: KeyValuePairs<String, String>, until isEnough: (Listing<Droplet>) -> Bool
  ) -> Listing<Droplet>? {
    var listing = Listing<Droplet>()
    while listing.next != nil {
      guard let more = readPage(of: listing, "/droplets", query) else { break }
      listing = more
      if isEnough(listing) { break }
    }
    return listing.pages > 0 ? listing : nil
  }

  /// Reads one more page; nil where it failed, or where the token may not see that list: what it would have
  /// told is then asked for singly.
  private mutating func readPage<Item: Listed>(
    of listing: Listing<Item>, _ path: String, _ query: KeyValuePairs<String, String> = [:]
  ) -> Listing<Item>? {
    var local: CloudFailure?
    let read = ask(local: &local) { api throws(CloudFailure) -> Listing<Item>? in
      var longer = listing
      do throws(CloudFailure) {
        try api.readPage(of: &longer, path, query)
        return longer
      } catch  where error.code == .forbidden {
        return nil
      }
    }
    return read ?? nil
  }

  // MARK: One at a time

  private mutating func askSingly() {
    for index in open({ _ in true }).prefix(Self.mostSingle) {
      if let id = subjects[index].droplet { askByID(index, id) } else { askByName(index) }
    }
  }

  /// A droplet, or the cloud's word that there is none.
  private struct Found { var droplet: Droplet? }

  private mutating func askByID(_ index: Int, _ id: Int64) {
    var local: CloudFailure?
    let answer = ask(local: &local) { api throws(CloudFailure) in Found(droplet: try api.droplet(id)) }
    if let answer {
      var action: Action?
      if let wanted = subjects[index].needsAction(answer.droplet, nowMs: api.call.nowMs) {
        action = ask(local: &local) { api throws(CloudFailure) in try api.action(wanted) } ?? nil
        if local == nil, tally.ended != nil { return }
      }
      if local == nil { subjects[index].judge(byID: answer.droplet, create: action) }
    }
    if let local { subjects[index].fail(local) }
  }

  private mutating func askByName(_ index: Int) {
    let subject = subjects[index]
    var found: [Droplet] = []
    var isComplete = true
    for type in ["droplets", "gpus"] where type == "gpus" ? subject.mayBeGPU : subject.mayBeOrdinary {
      var local: CloudFailure?
      let listing = ask(local: &local) { api throws(CloudFailure) in
        try api.list(Droplet.self, "/droplets", ["name": subject.entry.name, "type": type])
      }
      guard let listing else {
        if let local { subjects[index].fail(local) }
        return
      }
      found += listing.items.values
      isComplete = isComplete && listing.isComplete
    }
    subjects[index].judgeNamed(found, complete: isComplete)
  }
}

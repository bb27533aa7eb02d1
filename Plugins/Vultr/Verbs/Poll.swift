public import PluginKit
public import PluginMessages

extension VultrProvisioner {
  /// Looks at a batch, with as few requests as prove something.
  ///
  /// 1. More than two entries that should be there, or many: one listing of this installation's instances, by tag; left
  ///    early when asking for the rest by id is cheaper. It also shows what should be gone and is not.
  /// 2. Entries without an id that this did not decide: by exact label.
  /// 3. Entries with an id: by id. Only that proves an instance gone, so what should be gone by now is asked
  ///    for at once.
  ///
  /// A failure that concerns the account ends the look and becomes the result of the entries that are
  /// left; when it met all of them, it is thrown.
  public func poll(_ request: PollRequest, _ call: Call) throws(CloudFailure) -> PollReply {
    var look = Look(request, VultrAPI(call: call), traffic.pace(request.account, at: call.nowMs))
    look.run()
    return try look.reply()
  }
}

/// One look at a batch.
struct Look {
  private let api: VultrAPI
  private let request: PollRequest
  private let pace: Pace
  private var subjects: [Subject]
  private var tally = LookTally()

  /// Entries up to which single requests are made rather than a listing.
  private static let few = 2
  /// Entries from which on a listing pays even if most of what it is asked for should be gone.
  private static let many = 16
  /// Single requests of one look; the entries beyond are left to the next look.
  private static let mostSingle = 40

  init(_ request: PollRequest, _ api: VultrAPI, _ pace: Pace) {
    self.api = api
    self.request = request
    self.pace = pace
    subjects = request.entries.map { Subject($0, pace) }
  }

  mutating func run() {
    askListing()
    askSingly()
  }

  /// One result for each entry, or the failure that met all of them.
  func reply() throws(CloudFailure) -> PollReply {
    try tally.reply(subjects.map { ($0.entry, $0.result) }, countedFrom: pace.nowMs, api.call)
  }

  private mutating func ask<Value>(
    local: inout CloudFailure?, _ body: (VultrAPI) throws(CloudFailure) -> Value
  ) -> Value? {
    let api = api
    return tally.ask(api.call, local: &local) { () throws(CloudFailure) in try body(api) }
  }

  private mutating func askListing() {
    let open = subjects.indices.filter { subjects[$0].isOpen }
    let awaited = open.filter { subjects[$0].isNameless || !subjects[$0].expectsAbsent }
    guard awaited.count > Self.few || open.count > Self.many else { return }
    let hasNameless = open.contains { subjects[$0].isNameless }
    let query: KeyValuePairs = ["tag": Tags.installation(request.account.installationId)]
    var listing = Listing<Instance>()
    while listing.next != nil {
      var local: CloudFailure?
      let before = listing
      let after = ask(local: &local) { api throws(CloudFailure) in
        var listing = before
        try api.readPage(of: &listing, "/instances", query)
        return listing
      }
      guard let after else { break }
      listing = after
      let unseen = awaited.filter { index in subjects[index].instance.map { listing.items[$0] == nil } ?? false }
      if !hasNameless, unseen.count <= Self.few { break }
    }
    guard listing.pages > 0 else { return }
    let byAttempt = Dictionary(grouping: listing.items.values) { Tags.attempt(in: $0.tags) ?? "" }
    for index in open { subjects[index].judge(listing, byAttempt) }
  }

  private mutating func askSingly() {
    for index in subjects.indices.filter({ subjects[$0].isOpen }).prefix(Self.mostSingle) {
      var local: CloudFailure?
      if let id = subjects[index].instance {
        let answer = ask(local: &local) { api throws(CloudFailure) in Found(instance: try api.instance(id)) }
        if let answer { subjects[index].judge(byID: answer.instance) }
      } else {
        let name = subjects[index].entry.name
        let found = ask(local: &local) { api throws(CloudFailure) in try api.instances(labelled: name) }
        if let found { subjects[index].judgeLabelled(found) }
      }
      if let local { subjects[index].result = subjects[index].entry.failed(local) }
    }
  }

  /// An instance, or the cloud's word that there is none.
  private struct Found { var instance: Instance? }
}

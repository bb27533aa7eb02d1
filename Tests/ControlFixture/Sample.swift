package import Control

/// Things that tests show.
package enum Sample {
  package static let id = "01JAB3CDEFGH0123456789KMNP"
  package static let operation = "01JAB3CDEFGH0123456789KMNQ"
  package static let start = Timestamp(ms: 1_769_851_800_250)

  package static let timeline = [
    TimelineEntryView(at: start, kind: "intent", text: "provision accepted", fields: ["operation": operation]),
    TimelineEntryView(at: Timestamp(ms: start.ms + 120), kind: "request", text: "POST /servers → 201 in 90 ms"),
    TimelineEntryView(
      at: Timestamp(ms: start.ms + 86_400_000), kind: "finding", text: "late twin", fields: ["id": "42"]),
  ]

  /// What a recipe wrote: text, an error, bytes that are no text, and a gap.
  package static let log = [
    LogChunkView(number: 1, run: operation, stream: "stdout", at: start, first: 0, last: 6, text: "hello\n"),
    LogChunkView(number: 2, run: operation, stream: "stderr", at: start, first: 0, last: 5, text: "why?\n"),
    LogChunkView(number: 4, run: operation, stream: "stdout", at: start, first: 100, last: 103, base64: "AP8K"),
  ]

  /// Types of every sort: cheap and dear, without a price, out of stock, about to end.
  package static let catalog = CatalogView(
    account: "prod",
    types: [
      CatalogTypeView(
        name: "s2", location: "north", vcpu: 2, memoryMb: 4096, diskGb: 40, architecture: "x86_64", available: true,
        price: PriceView(hourly: "0.012", currency: "EUR", monthlyCap: "7.49"), pricePerMonth: "7.49"),
      CatalogTypeView(
        name: "s1", location: "south", vcpu: 1, memoryMb: 2048, diskGb: 20, architecture: "x86_64", available: false,
        price: PriceView(hourly: "0.006", currency: "EUR"), pricePerMonth: "4.38",
        deprecatedAfter: "2027-01-31T00:00:00Z"),
      CatalogTypeView(
        name: "x8", location: "north", vcpu: 8, memoryMb: 32_768, diskGb: 240, architecture: "arm64", available: true),
      CatalogTypeView(
        name: "s1", location: "north", vcpu: 1, memoryMb: 2048, diskGb: 20, architecture: "x86_64", available: true,
        price: PriceView(hourly: "0.006", currency: "EUR"), pricePerMonth: "4.38"),
      CatalogTypeView(
        name: "m4", location: "north", vcpu: 4, memoryMb: 16_384, architecture: "x86_64", available: true,
        price: PriceView(hourly: "0.05", currency: "EUR"), pricePerMonth: "36.50"),
    ],
    locations: [
      CatalogLocationView(name: "south", city: "Muenchen", country: "DE"),
      CatalogLocationView(name: "north", city: "Oslo", country: "NO"), CatalogLocationView(name: "east"),
    ],
    images: [
      CatalogImageView(name: "debian-12", id: "77", architecture: "x86_64"),
      CatalogImageView(
        name: "debian-11", id: "5", architecture: "x86_64", deprecatedAfter: "2026-08-01T00:00:00Z"),
    ])

  package static func at(_ ms: Int64) -> Timestamp { Timestamp(ms: start.ms + ms) }

  /// A resource after so many of its rungs.
  package static func resource(_ count: Int, state: String, operation state2: String = "running") -> ResourceView {
    let rungs: [(String, Int64)] = [
      ("accepted", 0), ("validated", 150), ("dispatched", 160), ("id_known", 420), ("powered", 9_800),
      ("ssh_reachable", 12_300), ("host_key_verified", 12_900), ("active", 12_950),
    ]
    var view = ResourceView(
      id: id, tenant: "joe", offering: "small", state: state, goal: "present", version: UInt64(count),
      createdAt: start, rungs: Dictionary(uniqueKeysWithValues: rungs.prefix(count).map { ($0.0, at($0.1)) }))
    view.operation = OperationView(
      id: operation, kind: "provision", state: state2, acceptedAt: start, deadline: at(900_000),
      decidedAt: state2 == "running" ? nil : at(12_950))
    guard count >= 2 else { return view }
    view.placement = PlacementView(account: "prod", type: "s1", location: "north", image: "debian-12")
    view.price = PriceView(hourly: "0.006", currency: "EUR", monthlyCap: "3.79")
    if count >= 4 { view.externalId = "4711" }
    if count >= 5 {
      view.addresses = AddressesView(ipv4: "203.0.113.7")
      view.ssh = SSHView(host: "203.0.113.7", user: "root")
    }
    if count >= 7 {
      view.ssh = SSHView(
        host: "203.0.113.7", user: "root", hostKey: "ssh-ed25519 AAAAKEY", fingerprint: "SHA256:abc",
        knownHosts: "203.0.113.7 ssh-ed25519 AAAAKEY")
      let ssh = view.ssh
      view.ssh?.command = ssh.flatMap { SSHCommand.line($0) }
    }
    return view
  }

  package static func event(_ count: Int, state: String, operation: String = "running", resting: Bool = false)
    -> ResourceEvent
  {
    ResourceEvent(
      seq: UInt64(count), at: at(Int64(count)), resource: resource(count, state: state, operation: operation),
      resting: resting)
  }
}

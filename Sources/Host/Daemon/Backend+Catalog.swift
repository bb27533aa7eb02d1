package import Control
import Core
import Model
import PluginMessages

extension Backend {
  /// What the cloud sells to an account now, as its plugin tells it.
  package func catalog(_ name: String) async throws(ControlFailure) -> CatalogView {
    let account = try await knownAccount(name)
    var subject = CallSubject()
    subject.isAskedNow = true
    let answer: VerbAnswer<CatalogReply> = await verbs.call(
      .catalog, on: account, CatalogRequest(account: verbs.context(account)), subject: subject)
    switch answer.result {
    case .failure(let told):
      var failure = ControlFailure(told.failure)
      failure.message = "the catalog of account \(name) cannot be read: \(failure.message)"
      throw failure
    case .success(let reply):
      return CatalogView(
        account: name, types: reply.types.prefix(10_000).flatMap { CatalogTypeView.offers(of: $0) },
        locations: reply.locations.prefix(10_000).map {
          CatalogLocationView(
            name: Believed.text($0.name, most: 200), city: $0.city.map { Believed.text($0, most: 200) },
            country: $0.country.map { Believed.text($0, most: 20) })
        },
        images: reply.images.prefix(10_000).map {
          CatalogImageView(
            name: Believed.text($0.name, most: 200), id: Believed.text($0.id, most: 500),
            architecture: Believed.text($0.architecture, most: 50),
            deprecatedAfter: $0.deprecatedAfter.map { Believed.text($0, most: 40) })
        })
    }
  }
}

extension CatalogTypeView {
  /// Hours in a month, as far as prices are concerned: a twelfth of a year, as clouds reckon.
  private static let hoursInMonth: Int64 = 730

  /// An entry for each place where a type is sold; one without a place where none is named. The contract has no word for
  /// "not known" in a size: 0 is taken for it.
  fileprivate static func offers(of type: CatalogType) -> [CatalogTypeView] {
    func size(_ number: Int) -> Int? { number > 0 ? Believed.count(number) : nil }
    let bare = CatalogTypeView(
      name: Believed.text(type.name, most: 200), location: nil,
      description: type.description.map { Believed.text($0, most: 200) }, vcpu: size(type.vcpu),
      memoryMb: size(type.memoryMb), diskGb: size(type.diskGb),
      architecture: Believed.text(type.architecture, most: 50), available: false)
    guard !type.offers.isEmpty else { return [bare] }
    return type.offers.prefix(200).map { offer in
      var view = bare
      let price = offer.price.flatMap { Model.Price($0) }
      view.location = Believed.text(offer.location, most: 200)
      view.available = offer.available
      view.price = price.map { PriceView($0) }
      view.pricePerMonth = price.flatMap { month($0) }?.description
      view.deprecatedAfter = offer.deprecatedAfter.map { Believed.text($0, most: 40) }
      return view
    }
  }

  private static func month(_ price: Model.Price) -> Money? {
    if let most = price.monthlyCap ?? price.monthly { return most }
    let (micros, overflow) = price.hourly.micros.multipliedReportingOverflow(by: hoursInMonth)
    return overflow ? nil : Money(micros: micros)
  }
}

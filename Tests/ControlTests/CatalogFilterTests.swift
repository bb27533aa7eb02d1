import Control
import ControlFixture
import Testing

@Suite struct CatalogFilterTests {
  private func failure(_ text: String, _ part: String = "types") -> ControlFailure? {
    do {
      _ = try CatalogSelection(part: part, where: text)
      return nil
    } catch {
      return error
    }
  }

  private func types(_ text: String?) throws -> [String] {
    let view = try CatalogSelection(part: "types", where: text).applied(to: Sample.catalog)
    #expect(view.locations == nil && view.images == nil)
    return (view.types ?? []).map { "\($0.name)/\($0.location ?? "-")" }
  }

  @Test func `types come by the price of a month, those without a price last`() throws {
    #expect(try types(nil) == ["s1/north", "s1/south", "s2/north", "m4/north", "x8/north"])
  }

  @Test(arguments: [
    ("vcpu>=2,memory>=4,price<10", ["s2/north"]), ("memory<4", ["s1/north", "s1/south"]),
    ("memory = 2 , stock = YES", ["s1/north"]), ("price<=4.38", ["s1/north", "s1/south"]),
    ("price<4.38", []), ("hourly>0.006,hourly<=0.05", ["s2/north", "m4/north"]), ("deprecated=yes", ["s1/south"]),
    ("architecture!=x86_64", ["x8/north"]), ("name~2", ["s2/north"]), ("LOCATION=South", ["s1/south"]),
    ("disk>40", ["x8/north"]),
  ])
  func `conditions choose`(text: String, chosen: [String]) throws {
    #expect(try types(text) == chosen)
  }

  @Test func `what the cloud does not say never fits, and is counted once nothing else speaks against it`() throws {
    func unknown(_ text: String) throws -> [String: Int] {
      try CatalogSelection(part: "types", where: text).applied(to: Sample.catalog).unknown
    }
    #expect(try types("price!=1").contains("x8/north") == false)
    #expect(try unknown("price!=1") == ["price": 1])
    #expect(try unknown("price>1,vcpu<8").isEmpty, "it fails by its size, whatever it costs")
    #expect(try unknown("price>0,disk>=0") == ["price": 1, "disk": 1])
  }

  @Test func `places and images are chosen by their own fields, and come by name`() throws {
    let places = try CatalogSelection(part: "locations", where: "country=de").applied(to: Sample.catalog)
    #expect(places.locations?.map(\.name) == ["south"])
    #expect(places.unknown == ["country": 1])
    let images = try CatalogSelection(part: "images", where: nil).applied(to: Sample.catalog)
    #expect(images.images?.map(\.name) == ["debian-11", "debian-12"])
    let all = try CatalogSelection(part: nil, where: nil).applied(to: Sample.catalog)
    #expect(all.types?.count == 5 && all.locations?.count == 3 && all.images?.count == 2)
  }

  @Test(arguments: [
    ("cpus>=2", "where has no field cpus", "name location architecture vcpu memory disk price hourly stock deprecated"),
    ("vcpu=>2", "where has no operator =>", "= != < <= > >="),
    ("vcpu", "where has no operator behind vcpu", "= != < <= > >="),
    ("name<a", "where cannot compare name by <: it is text", "= != ~"),
    ("vcpu~2", "where cannot compare vcpu by ~: it is a number", "= != < <= > >="),
    ("stock>1", "where cannot compare stock by >: it is yes or no", "= !="),
    ("vcpu>=two", "where has no usable value behind vcpu>=", "a plain number such as 4 or 0.5"),
    ("vcpu>=", "where has no usable value behind vcpu>=", "a plain number such as 4 or 0.5"),
    ("vcpu>-1", "where has no usable value behind vcpu>", "a plain number such as 4 or 0.5"),
    ("price<1e9", "where has no usable value behind price<", "a plain number such as 4 or 0.5"),
    ("price<0.0000001", "where has no usable value behind price<", "a plain number such as 4 or 0.5"),
    ("stock=maybe", "where has no usable value behind stock=", "yes or no"),
    ("vcpu>=2,,price<1", "where has an empty condition", "conditions such as vcpu>=2, parted by commas"),
    ("", "where has an empty condition", "conditions such as vcpu>=2, parted by commas"),
    (
      ">=2", "where has a condition without a field",
      "name location architecture vcpu memory disk price hourly stock deprecated"
    ),
  ])
  func `a condition that cannot be read is refused with what would be right`(
    text: String, message: String, expected: String
  ) {
    let failure = failure(text)
    #expect(failure?.message == message)
    #expect(failure?.expected == expected)
    #expect(failure?.code == .badRequest && failure?.violations?.first?.path == "where")
  }

  @Test func `a slip is corrected`() {
    #expect(failure("vcpus>2")?.remedy == "did you mean vcpu?")
    #expect(failure("vcpu==2")?.remedy == "did you mean =?")
    #expect(failure("vcpu=2", "type")?.remedy == "did you mean types?")
    #expect(failure("city=x", "images")?.expected == "name id architecture deprecated")
  }

  @Test func `conditions without a part are refused`() {
    #expect(throws: ControlFailure.self) { try CatalogSelection(part: nil, where: "vcpu=1") }
  }

  /// A generator of one's own, so that a failure is found again.
  private struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  @Test func `no text makes it stumble, and what it reads it reads the same again`() throws {
    let words = [
      "vcpu", "memory", "price", "name", "stock", "hourly", "deprecated", "disk", "=", "!=", "<", "<=", ">", ">=", "~",
      "==", ",", ",,", " ", "1", "999999999", "9999999999", "0.000001", "0.0000001", ".5", "5.", "1.2.3", "yes", "no",
      "-", "+", "é", "\u{0}", "\u{202E}", "\"", "%2C", "\n", "🛥", "١",
    ]
    var dice = Dice(state: 7)
    var read = 0
    for round in 0..<9_000 {
      let part = CatalogPart.allCases.randomElement(using: &dice) ?? .types
      var text = ""
      for _ in 0..<Int.random(in: 0...8, using: &dice) {
        switch round % 3 {
        case 0: text.unicodeScalars.append(Unicode.Scalar(UInt32.random(in: 0...0x2FF, using: &dice)) ?? "?")
        case 1: text += words.randomElement(using: &dice) ?? ""
        default:
          let field = part.fields.randomElement(using: &dice)
          text += text.isEmpty ? "" : ","
          text += (field?.name ?? "") + (CatalogOperator.allCases.randomElement(using: &dice)?.rawValue ?? "")
          text +=
            ["1", "0.5", "yes", "debian", words.randomElement(using: &dice) ?? ""].randomElement(using: &dice) ?? ""
        }
      }
      do throws(ControlFailure) {
        let filter = try CatalogFilter(text, of: part)
        read += 1
        #expect(!filter.terms.isEmpty)
        #expect(try CatalogFilter(" " + text + " ", of: part) == filter)
        let view = try CatalogSelection(part: part.rawValue, where: text).applied(to: Sample.catalog)
        #expect((view.types ?? []).count <= 5)
      } catch {
        #expect(error.code == .badRequest && !(error.expected ?? "").isEmpty)
        #expect(!error.message.unicodeScalars.contains { $0.value < 0x20 })
      }
    }
    #expect(read > 100, "the words make some that can be read")
  }

  @Test func `too much text is refused before it is read`() {
    #expect(failure(String(repeating: "vcpu=1,", count: 200))?.message == "where is too long")
    #expect(
      failure(Array(repeating: "vcpu=1", count: 21).joined(separator: ","))?.message == "where has too many conditions")
  }
}

import CloudSim
import Testing

@Suite struct LabelTests {
  @Test(arguments: [
    ("a", true), ("a.b-c_d", true), ("example.com/a", true), ("", false), ("-a", false), ("a-", false),
    ("a/b/c", false),
    ("/a", false), ("a/", false), ("a b", false), ("ü", false), ("ex_ample.com/a", false),
    (String(repeating: "a", count: 63), true), (String(repeating: "a", count: 64), false),
  ])
  func `Keys have their syntax`(key: String, valid: Bool) { #expect(HetznerLabels.isKey(key) == valid) }

  @Test(arguments: [
    ("", true), ("a", true), ("a.b", true), (".a", false), ("a=b", false), (String(repeating: "f", count: 63), true),
    (String(repeating: "f", count: 64), false),
  ])
  func `Values have their syntax`(value: String, valid: Bool) { #expect(HetznerLabels.isValue(value) == valid) }

  @Test(arguments: [
    ("", true), ("env", true), ("!env", false), ("nope", false), ("!nope", true), ("env=prod", true),
    ("env==prod", true), ("env=test", false), ("env!=test", true), ("env!=prod", false), ("nope!=x", true),
    ("env in (prod,test)", true), ("env in (test)", false), ("env notin (test, dev)", true),
    ("env notin (prod)", false), ("nope notin (a)", true), ("env=prod,tier=web", true), ("env=prod,!tier", false),
    ("env in (prod,test),tier in (web)", true), (" env = prod , tier ", true), ("empty=", true), ("env=", false),
  ])
  func `Selectors select`(selector: String, matches: Bool) throws {
    let labels = ["env": "prod", "tier": "web", "empty": ""]
    #expect(try #require(LabelSelector(selector)).matches(labels) == matches)
  }

  @Test(arguments: ["=", "a=b=c", "!", "a in b", "a in (b", "a,,b", "a within (b)", "a=b c", "(a)"])
  func `What is no selector is refused`(selector: String) { #expect(LabelSelector(selector) == nil) }

  @Test func `Bad labels and reserved prefixes are refused with the field's name`() {
    let client = Client()
    for labels: JSON in [["-": "x"], ["a": "b c"], ["hetzner.cloud/x": "y"]] {
      let answer = client.call("POST", "/servers", Client.order("web", [("labels", labels)]))
      #expect(answer.status == 422 && answer.code == "invalid_input" && answer.fields == ["labels"], "\(labels)")
    }
    let number = client.call("POST", "/servers", Client.order("web", [("labels", ["a": 1])]))
    #expect(number.fields == ["labels.a"])
    let selector = client.call("GET", "/servers?label_selector=%3D")
    #expect(selector.status == 422 && selector.fields == ["label_selector"])
  }

  @Test(arguments: [
    ("a", true), ("a.b", true), ("A-1", true), ("-a", false), ("a_b", false), ("a..b", false), ("a.", false),
    ("", false),
  ])
  func `Server names are host names`(name: String, valid: Bool) { #expect(HetznerLabels.isHostName(name) == valid) }
}

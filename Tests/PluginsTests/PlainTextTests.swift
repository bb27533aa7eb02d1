import Testing

import Plugins

@Suite struct PlainTextTests {
  @Test func `foreign text cannot steer a terminal or forge a second line`() {
    #expect(PlainText.line("a\u{1B}[31mred\u{9B}2J\u{202E}b\u{7F}") == "a[31mred2Jb")
    #expect(PlainText.line("one\r\ntwo\tthree\u{2028}four") == "one  two three four")
    #expect(PlainText.line("abcdef", limit: 3) == "abc")
    #expect(PlainText.line(bytes: [0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
  }
}

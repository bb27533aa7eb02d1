import Control
package import Model

/// What a notice says, to programs and to people; pure.
package enum NoticeText {
  /// Lines of a run's last words at most.
  package static let mostLines = 20
  /// Bytes of them at most.
  package static let mostBytes = 4_096

  private struct Body: Encodable {
    struct Reason: Encodable {
      var code: String
      var message: String
      var remedy: String?
    }
    var kind: String
    var id: String
    var at: Timestamp
    var resourceId: String
    var tenant: String
    var offering: String
    var failure: Reason
    var runId: String?
    var stderrTail: String?
    var attempt: Int
  }

  /// The body of a webhook's POST: JSON with the members in the order of their names.
  package static func json(_ notice: Notice, tail: String?, attempt: Int) -> [UInt8] {
    let failure = notice.failure
    return ControlCoding.encode(
      Body(
        kind: notice.kind.rawValue, id: "\(notice.id)", at: Timestamp(notice.at), resourceId: "\(notice.resource)",
        tenant: notice.tenant, offering: notice.offering,
        failure: Body.Reason(code: failure.code.rawValue, message: failure.message, remedy: failure.remedy),
        runId: notice.run.map { "\($0)" }, stderrTail: tail, attempt: attempt))
  }

  /// The subject of a mail.
  package static func subject(_ notice: Notice) -> String {
    switch notice.kind {
    case .provisionFailed: "Slipway: a provision of \(notice.offering) failed"
    case .upgradeFailed: "Slipway: a recipe's new version failed on a machine of \(notice.offering)"
    case .lost: "Slipway: a machine of \(notice.offering) was lost"
    }
  }

  /// The text of a mail.
  package static func mail(_ notice: Notice, tail: String?) -> String {
    var lines = [
      "\(subject(notice)).", "", "Why:      \(notice.failure.code.rawValue): \(notice.failure.message)",
    ]
    if let remedy = notice.failure.remedy { lines.append("Remedy:   \(remedy)") }
    lines.append("When:     \(Timestamp(notice.at))")
    lines.append("Resource: \(notice.resource)")
    if !notice.tenant.isEmpty { lines.append("Tenant:   \(notice.tenant)") }
    if let run = notice.run { lines.append("Run:      \(run)") }
    lines.append("Notice:   \(notice.id)")
    if let tail, !tail.isEmpty { lines += ["", "The last lines that the recipe wrote to stderr:", "", tail] }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The last lines of what a program wrote, as text without control characters but the line feeds between the lines:
  /// at most 20 lines and 4 KiB, where nothing else is said.
  package static func tail(_ bytes: [UInt8], lines mostLines: Int = mostLines, bytes mostBytes: Int = mostBytes)
    -> String
  {
    // What was cut in the middle of a character begins with the rest of it.
    let rest = bytes.suffix(2 * mostBytes).drop { $0 & 0xC0 == 0x80 }
    var text = ""
    for scalar in String(decoding: rest, as: UTF8.self).unicodeScalars {
      if scalar == "\t" {
        text.unicodeScalars.append(" ")
      } else if scalar == "\n" || scalar.properties.generalCategory != .control {
        text.unicodeScalars.append(scalar)
      }
    }
    let scalars = text.unicodeScalars
    let end = scalars.lastIndex { $0 != "\n" }.map { scalars.index(after: $0) } ?? scalars.startIndex
    var start = end
    var lines = 1
    var size = 0
    while start > scalars.startIndex {
      let before = scalars.index(before: start)
      if scalars[before] == "\n" {
        if lines == mostLines { break }
        lines += 1
      }
      size += UTF8.width(scalars[before])
      if size > mostBytes { break }
      start = before
    }
    return String(scalars[start..<end])
  }
}

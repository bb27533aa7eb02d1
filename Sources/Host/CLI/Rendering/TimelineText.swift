package import Control

/// A resource's timeline for people; pure.
package enum TimelineText {
  /// A line for each entry: time, time since the first, kind, text and fields; a heading wherever the date changes.
  package static func table(_ entries: [TimelineEntryView], colours: Bool) -> String {
    guard let first = entries.first else { return "nothing has happened yet\n" }
    var table = Table()
    var date = ""
    for entry in entries {
      let day = String(entry.at.description.prefix(10))
      if day != date {
        table.add([Cell(day, .faint)])
        date = day
      }
      let shown = entry.fields.sorted { $0.key < $1.key }.filter { !$0.value.isEmpty && !entry.text.contains($0.value) }
      let fields = shown.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
      table.add([
        Cell(entry.at.timeOfDay, .faint), Cell("+\(TimeSpan.text(ms: entry.at.ms - first.at.ms))"),
        Cell(entry.kind, style(entry.kind)), Cell(fields.isEmpty ? entry.text : "\(entry.text)  \(fields)"),
      ])
    }
    return table.text(colours: colours)
  }

  private static func style(_ kind: String) -> Style {
    switch kind {
    case "finding": .bad
    case "state", "outcome", "id": .good
    case "intent": .busy
    default: .plain
    }
  }
}

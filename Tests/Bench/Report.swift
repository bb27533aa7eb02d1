import Foundation

/// The rows as people and programs read them.
enum Report {
  static func rows(_ figures: [Figure]) -> String {
    let head = ["figure", "value", "unit", "target", "met"]
    let cells = [head] + figures.map(cells)
    let widths = head.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    var lines: [String] = []
    for (index, row) in cells.enumerated() {
      let padded = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
      lines.append((padded + [index == 0 ? "reference" : figures[index - 1].reference]).joined(separator: "  "))
    }
    return lines.joined(separator: "\n")
  }

  private static func cells(_ figure: Figure) -> [String] {
    let met = figure.met.map { $0 ? "yes" : "NO" } ?? "-"
    return [figure.name, Figure.text(figure.value), figure.unit, figure.target?.text ?? "-", met]
  }

  static func write(_ figures: [Figure], to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(figures).write(to: URL(filePath: path))
  }
}

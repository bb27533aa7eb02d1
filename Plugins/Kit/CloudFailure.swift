public import PluginMessages

/// Why a verb did not do what was asked: the code that decides what the host does, and the report.
public struct CloudFailure: Error, Sendable, Hashable {
  /// The classification, as slipway_plugin.h section 3 defines it.
  public var code: FailureCode
  /// What goes with it.
  public var report: FailureReport

  /// Makes a failure from a code and its report.
  public init(_ code: FailureCode, report: FailureReport) {
    self.code = code
    self.report = report
  }

  /// Makes a failure that the plugin itself found, without an answer of the cloud.
  ///
  /// `mayExist` says whether an object may have been made all the same; on provision the host takes nil
  /// for true.
  public init(
    _ code: FailureCode, _ message: String, remedy: String? = nil, mayExist: Bool? = nil,
    retryAfterMs: Int64? = nil, violations: [Violation]? = nil
  ) {
    self.init(
      code,
      report: FailureReport(
        message: message, remedy: remedy, mayExist: mayExist, retryAfterMs: retryAfterMs, violations: violations))
  }
}

extension CloudFailure: CustomStringConvertible {
  /// Code, message and the cloud's own words, for logs and tests.
  public var description: String {
    let cloud = [report.cloudCode, report.cloudMessage].compactMap { $0 }.joined(separator: ": ")
    return cloud.isEmpty ? "\(code.name): \(report.message)" : "\(code.name): \(report.message) (\(cloud))"
  }
}

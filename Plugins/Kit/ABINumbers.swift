/// The numbers of slipway_plugin.h that Swift's importer leaves out, because they are written with
/// INT32_C; a test compares each with the header.
enum ABINumbers {
  static let major: UInt32 = 1
  static let minor: UInt32 = 0
  static let version: UInt32 = major << 16 | minor
  static let statusOK: Int32 = 0
  static let statusClosed: Int32 = -1
  static let statusTooBig: Int32 = -3
  static let notSent: Int32 = 0
  static let sentNoAnswer: Int32 = 1
  static let answered: Int32 = 2
}

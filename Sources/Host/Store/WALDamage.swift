/// Damage in a write-ahead log that SQLite would take for the end of the log (decision 0023).
///
/// SQLite reads a log up to the first frame whose salts or sum do not fit, and drops what is behind it without a word. After
/// a crash that is right: the last transaction was being written, its frames reach the disk in any order, and nobody was
/// told of it. It is wrong where a frame follows, in the same log, on a frame that ends a transaction:
///
/// - With `synchronous = FULL` a COMMIT returns once the log is on the disk up to its last frame, and only then is
///   the next frame written. So a frame that was written after a transaction's last one proves that the transaction, and
///   all before it, were whole on the disk.
/// - What stands before such a frame is never written again while the log keeps its salts: a rollback takes back only what
///   was not committed.
/// - That a frame was written after another one shows in its sum, which goes on from the sum that the other one
///   holds. So frames of an older use of the log (other salts), what a rolled-back transaction left (it has no last
///   frame), and a longer transaction's remains behind a shorter one that was written over its beginning (what
///   follows does not go on from it) prove nothing.
/// - The header is written and on the disk before the first frame; it and a frame's header that lies within one sector of
///   512 bytes are there as a whole or not at all.
///
/// The log's format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
struct WALDamage: Hashable, Sendable {
  /// Byte of the log at which the first frame stands that is not as it was written; 0: its header is not.
  let place: Int
  /// Byte at which the frame stands that proves it.
  let proof: Int

  /// What is wrong, for people.
  var description: String {
    "what was stored before byte \(proof) of its log was on the disk whole, and at byte \(place) it is not as it was written"
  }

  private static let headerSize = 32
  private static let frameHeaderSize = 24
  private static let sector = 512

  /// Looks through the bytes of a log; nil: it is whole, or ends as a crash may leave it. Pure, and safe on any bytes.
  ///
  /// `pageSize` is the database's, for a header that cannot be read.
  static func find(_ log: UnsafeRawBufferPointer, pageSize: Int) -> WALDamage? {
    guard log.count >= headerSize else { return nil }
    let magic = word(log, 0)
    let named = Int(word(log, 8))
    let isSound =
      magic & ~1 == 0x377F_0682 && isPageSize(named)
      && sum(log, 0..<24, from: Sum(), isBig: magic & 1 == 1) == Sum(log, 24)
    if isSound { return find(log, pageSize: named, isBig: magic & 1 == 1, salts: (word(log, 16), word(log, 20))) }
    guard isPageSize(pageSize) else { return nil }
    for isBig in [false, true] {
      if let proof = proof(log, after: nil, pageSize: pageSize, isBig: isBig, salts: nil) {
        return WALDamage(place: 0, proof: proof)
      }
    }
    return nil
  }

  private static func find(
    _ log: UnsafeRawBufferPointer, pageSize: Int, isBig: Bool, salts: (UInt32, UInt32)
  ) -> WALDamage? {
    let size = frameHeaderSize + pageSize
    var (start, before) = (headerSize, 24)
    while start + size <= log.count {
      guard hasSalts(log, start, salts), word(log, start) != 0,
        goesOn(log, start, from: before, pageSize: pageSize, isBig: isBig)
      else { break }
      (start, before) = (start + size, start + 16)
    }
    return proof(log, after: start, pageSize: pageSize, isBig: isBig, salts: salts).map {
      WALDamage(place: start, proof: $0)
    }
  }

  /// The first frame behind `bad` (nil: behind the header) that was written after the end of a transaction.
  private static func proof(
    _ log: UnsafeRawBufferPointer, after bad: Int?, pageSize: Int, isBig: Bool, salts: (UInt32, UInt32)?
  ) -> Int? {
    let size = frameHeaderSize + pageSize
    // A header that cannot be read may have lost its salts as well.
    if bad == nil, headerSize + size <= log.count, word(log, headerSize) != 0,
      goesOn(log, headerSize, from: 24, pageSize: pageSize, isBig: isBig)
    {
      return headerSize
    }
    var (last, isLastWritten) = (bad ?? headerSize, false)
    while last + 2 * size <= log.count {
      let next = last + size
      let wanted = salts ?? (word(log, last + 8), word(log, last + 12))
      let follows =
        hasSalts(log, last, wanted) && hasSalts(log, next, wanted) && word(log, next) != 0
        && goesOn(log, next, from: last + 16, pageSize: pageSize, isBig: isBig)
      let isEnd = word(log, last + 4) != 0
      // The mark of a transaction's end is as it was written: by its own sum, or because it came with the salts and the
      // sum, from which the next frame goes on.
      let inOneSector = (last + 4) / sector == (last + frameHeaderSize - 1) / sector
      if follows, isEnd, isLastWritten || inOneSector { return next }
      (last, isLastWritten) = (next, follows)
    }
    return nil
  }

  private static func hasSalts(_ log: UnsafeRawBufferPointer, _ start: Int, _ salts: (UInt32, UInt32)) -> Bool {
    word(log, start + 8) == salts.0 && word(log, start + 12) == salts.1
  }

  /// Whether a frame's sum goes on from the sum that stands at `before`.
  private static func goesOn(
    _ log: UnsafeRawBufferPointer, _ start: Int, from before: Int, pageSize: Int, isBig: Bool
  ) -> Bool {
    let header = sum(log, start..<start + 8, from: Sum(log, before), isBig: isBig)
    let page = start + frameHeaderSize..<start + frameHeaderSize + pageSize
    return sum(log, page, from: header, isBig: isBig) == Sum(log, start + 16)
  }

  private struct Sum: Hashable {
    var first: UInt32 = 0
    var second: UInt32 = 0

    init() {}

    init(_ log: UnsafeRawBufferPointer, _ start: Int) { (first, second) = (word(log, start), word(log, start + 4)) }
  }

  private static func sum(
    _ log: UnsafeRawBufferPointer, _ range: Range<Int>, from before: Sum, isBig: Bool
  ) -> Sum {
    var sum = before
    for place in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
      let (one, two) = (word(log, place), word(log, place + 4))
      sum.first = sum.first &+ (isBig ? one : one.byteSwapped) &+ sum.second
      sum.second = sum.second &+ (isBig ? two : two.byteSwapped) &+ sum.first
    }
    return sum
  }

  private static func isPageSize(_ size: Int) -> Bool { (512...65_536).contains(size) && size & (size - 1) == 0 }

  /// A big-endian number; the format's own order.
  private static func word(_ log: UnsafeRawBufferPointer, _ place: Int) -> UInt32 {
    UInt32(bigEndian: log.loadUnaligned(fromByteOffset: place, as: UInt32.self))
  }
}

/// Percent-decoding by bytes; nil where a `%` is not followed by two hexadecimal digits.
func percentDecoded(_ bytes: some Collection<UInt8>) -> [UInt8]? {
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count)
  var rest = bytes[...]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "%") else {
      result.append(byte)
      continue
    }
    guard let high = rest.popFirst()?.hexValue, let low = rest.popFirst()?.hexValue else { return nil }
    result.append(high << 4 | low)
  }
  return result
}

/// Percent-encodes every byte that is not unreserved in RFC 3986.
func percentEncoded(_ bytes: some Sequence<UInt8>) -> [UInt8] {
  let digits = Array("0123456789ABCDEF".utf8)
  var result: [UInt8] = []
  for byte in bytes {
    if byte.isASCIILetter || byte.isASCIIDigit || "-._~".utf8.contains(byte) {
      result.append(byte)
    } else {
      result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return result
}

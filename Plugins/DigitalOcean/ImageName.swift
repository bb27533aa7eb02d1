/// An image as offerings name it, and as DigitalOcean does.
///
/// Offerings name a distribution as on other clouds: `debian-12`, `ubuntu-24.04`, `rocky-9`. DigitalOcean's
/// slugs are `debian-12-x64`, `ubuntu-24-04-x64`, `rockylinux-9-x64`; a slug, or the number of an image of
/// the account's own, is taken as well.
enum ImageName {
  private static let suffix = "-x64"
  private static let families = ["rocky": "rockylinux", "alma": "almalinux"]

  /// What to ask DigitalOcean for, the likeliest first.
  static func slugs(_ name: String) -> [String] {
    if name.hasSuffix(suffix) || Int64(name) != nil { return [name] }
    let dashed = String(name.map { $0 == "." ? "-" : $0 })
    let family = dashed.prefix { $0 != "-" }
    let slug = (families[String(family)] ?? String(family)) + dashed.dropFirst(family.count) + suffix
    return slug == name ? [name] : [slug, name]
  }

  /// The name of a slug; an application's is its slug.
  static func of(slug: String) -> String {
    guard slug.hasSuffix(suffix) else { return slug }
    var words = slug.dropLast(suffix.count).split(separator: "-").map(String.init)
    if let first = words.first, let family = families.first(where: { $0.value == first })?.key { words[0] = family }
    // Ubuntu's versions have two numbers.
    if words.count == 3, words[0] == "ubuntu" { words = [words[0], "\(words[1]).\(words[2])"] }
    return words.joined(separator: "-")
  }
}

import CloudSim
import Vultr

extension SimulatedProvider {
  package static let vultr = SimulatedProvider(
    id: "vultr", library: "libVultr.so", plugin: { VultrProvisioner() },
    cloud: { VultrCloud(tokens: $0, seed: $1, start: $2) }, base: "/v2", machines: "/instances",
    sold: placement("vc2-1c-1gb", "ams", "debian-12"),
    wrong: [
      placement("vc2-1c-1g", "ams", "debian-12"), placement("vc2-1c-1gb", "amd", "debian-12"),
      placement("vc2-1c-1gb", "ams", "debain-12"),
    ],
    marks: { installation, attempt, resource in
      #""tags":["slipway","slipway-installation:\#(installation)","slipway-attempt:\#(attempt)","#
        + #""slipway-operation:\#(attempt)","slipway-resource:\#(resource)"]"#
    }, rename: { ("PATCH", "/instances/\($0)", #"{"label":"renamed"}"#) })
}

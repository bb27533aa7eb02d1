import CloudSim
import DigitalOcean

extension SimulatedProvider {
  package static let digitalOcean = SimulatedProvider(
    id: "digitalocean", library: "libDigitalOcean.so", plugin: { DigitalOceanProvisioner() },
    cloud: { DigitalOceanCloud(tokens: $0, seed: $1, start: $2) }, base: "/v2", machines: "/droplets",
    sold: placement("s-1vcpu-1gb", "fra1", "debian-12"),
    wrong: [
      placement("s-1vcpu-1g", "fra1", "debian-12"), placement("s-1vcpu-1gb", "fra2", "debian-12"),
      placement("s-1vcpu-1gb", "fra1", "debain-12"), placement("c-2", "atl1", "debian-12"),
      placement("s-1vcpu-512mb-10gb", "fra1", "fedora-42"),
    ],
    marks: { installation, attempt, resource in
      #""tags":["slipway","slipway-installation:\#(installation)","slipway-vm:\#(attempt):\#(attempt):\#(resource)"]"#
    }, rename: { ("POST", "/droplets/\($0)/actions", #"{"type":"rename","name":"renamed"}"#) })
}

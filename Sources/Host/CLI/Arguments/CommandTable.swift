import Control

/// All commands, in the order of the help.
package enum CommandTable {
  /// The table.
  package static let all: [CommandSpec] =
    daemon + plugins + accounts + catalog + recipes + offerings + resources + [upgrade] + reconciliation + copies
    + rest

  static let resource = OperandSpec(
    name: "RESOURCE", help: "id of a resource, or enough of its beginning or end to be the only one")

  private static let daemon = [
    CommandSpec(
      name: "serve", summary: "run the daemon in the foreground",
      options: [
        OptionSpec(name: "config", value: "FILE", help: "configuration file (JSON5); none is needed"),
        OptionSpec(name: "state", value: "DIR", help: "directory of everything that the daemon keeps"),
        OptionSpec(name: "socket", value: "PATH", help: "unix socket of the control API"),
        OptionSpec(
          name: "plugins", value: "DIR", help: "folder with plugins; replaces the default ones", repeats: true),
      ],
      examples: [
        .init(line: "slipway serve", meaning: "start with every default"),
        .init(line: "slipway serve --config /etc/slipway.json5", meaning: "start with a configuration"),
        .init(line: "slipway serve --state ./state --plugins ./plugins", meaning: "try things out in this directory"),
      ],
      detail: "Options win over the configuration file. SIGTERM and Ctrl-C stop it; machines go on running.",
      isClient: false),
    CommandSpec(
      name: "health", summary: "say how the daemon is",
      examples: [.init(line: "slipway health", meaning: "exit 0 when all is well, 13 when not")]),
  ]

  private static let plugins = [
    CommandSpec(
      name: "plugin list", summary: "list plugins and how their workers are",
      options: [OptionSpec(name: "settled", help: "once each serves or says why not, such as after a start")],
      examples: [.init(line: "slipway plugin list", meaning: "one line for each plugin")]),
    CommandSpec(
      name: "plugin watch", summary: "follow what becomes of the plugins, a line for each change",
      examples: [
        .init(line: "slipway plugin watch", meaning: "until Ctrl-C"),
        .init(line: "slipway plugin watch --json", meaning: "all plugins, a line of JSON after each change"),
      ]),
    CommandSpec(
      name: "plugin show", summary: "show one plugin: file, endpoints, worker",
      operands: [OperandSpec(name: "ID", help: "id of a plugin")],
      examples: [
        .init(line: "slipway plugin show acme", meaning: "exit 0 when it serves, 13 when not"),
        .init(line: "slipway plugin show acme --json", meaning: "with latencies, timeouts and memory"),
      ]),
    CommandSpec(
      name: "plugin install", summary: "put a plugin file into a plugin folder and serve it",
      operands: [OperandSpec(name: "FILE", help: "a file NAME.so on the daemon's machine")],
      examples: [.init(line: "slipway plugin install ./libAcme.so", meaning: "exit 0 once it serves")],
      detail:
        "A file of the same name is replaced, whole or not at all; what serves goes on until the new one is ready."),
    steer("reload", "serve a plugin's file as it is now, by a new worker", "exit 0 once it serves"),
    steer("rollback", "serve the image that served before", "after a build turned out bad"),
    CommandSpec(
      name: "plugin approve", summary: "show what a new image asks for beyond what was approved, and approve it",
      operands: [OperandSpec(name: "ID", help: "id of a plugin")],
      options: [OptionSpec(name: "dry-run", help: "only show it")],
      examples: [
        .init(line: "slipway plugin approve acme --dry-run", meaning: "look"),
        .init(line: "slipway plugin approve acme", meaning: "approve what it shows, on every account, and serve it"),
      ]),
    steer("disable", "serve no calls of a plugin until it is enabled, across restarts", "its machines go on running"),
    steer("enable", "serve a plugin again after disable", "exit 0 once it serves"),
    steer("reset", "end quarantine and parking of a plugin and start it anew", "when the cause is gone"),
    pluginCheck, pluginNew,
  ]

  private static let pluginNew = CommandSpec(
    name: "plugin new", summary: "write a small complete plugin to begin from",
    operands: [OperandSpec(name: "NAME", help: "id of the plugin: 1 to 32 of a-z, 0-9 and -")],
    options: [
      OptionSpec(name: "lang", value: "c|cpp|rust|swift", help: "language to write it in", isRequired: true),
      OptionSpec(name: "in", value: "DIR", help: "where to make its folder (here)"),
    ],
    examples: [
      .init(
        line: "slipway plugin new --lang c acme", meaning: "./acme, with a Makefile; `make check` builds and checks it"),
      .init(line: "slipway plugin new --lang swift acme --in ~/src", meaning: "a Swift package that builds alone"),
    ],
    detail: "It provisions on a cloud that does not exist, and keeps every requirement. It needs no daemon.",
    isClient: false)

  private static let pluginCheck = CommandSpec(
    name: "plugin check", summary: "hold a plugin file against the requirements of docs/plugin-abi.md",
    operands: [OperandSpec(name: "FILE", help: "the .so")],
    options: [
      OptionSpec(name: "placement", value: "TYPE/LOCATION", help: "something that the cloud sells"),
      OptionSpec(name: "image", value: "IMAGE", help: "an image that goes with it"),
      OptionSpec(name: "config", value: "JSON", help: "configuration of the offering"),
      OptionSpec(name: "set", value: "KEY=VALUE", help: "a setting of the account", repeats: true),
      OptionSpec(
        name: "endpoint", value: "NAME=URL", help: "try a whole life there: one machine is made, and ended",
        repeats: true),
      OptionSpec(
        name: "credential-file", value: "FILE", help: "file with the credential for that; - is standard input"),
      OptionSpec(
        name: "libraries", value: "DIR", help: "folder in which the worker looks for libraries", repeats: true),
      OptionSpec(name: "json", help: "print JSON for programs"),
    ],
    examples: [
      .init(line: "slipway plugin check ./acme.so", meaning: "without a cloud: scripted faults; nothing is sent"),
      .init(
        line: "slipway plugin check ./acme.so --placement s1/eu --image debian-12 --endpoint api=http://127.0.0.1:8080",
        meaning: "and a whole life on a simulated cloud"),
    ],
    detail: "Exit 0 when nothing is broken, 13 when something is. It needs no daemon.", isClient: false)

  private static func steer(_ command: String, _ summary: String, _ meaning: String) -> CommandSpec {
    CommandSpec(
      name: "plugin \(command)", summary: summary, operands: [OperandSpec(name: "ID", help: "id of a plugin")],
      examples: [.init(line: "slipway plugin \(command) acme", meaning: meaning)])
  }

  private static let limitOptions = [
    OptionSpec(name: "max-resources", value: "N", help: "resources alive at most; 0: no limit"),
    OptionSpec(name: "max-free", value: "N", help: "of those, the ones that the cloud gives for nothing; 0: no limit"),
    OptionSpec(name: "max-paid", value: "N", help: "of those, the ones that cost something; 0: no limit"),
    OptionSpec(name: "max-hourly", value: "PRICE", help: "what they may cost in an hour, such as 2.50; 0: no limit"),
    OptionSpec(name: "max-creates-per-hour", value: "N", help: "creates within any hour; 0: no limit"),
  ]

  private static let accounts = [
    CommandSpec(
      name: "account add", summary: "register a cloud account: approve its origins, test it, seal its credential",
      operands: [OperandSpec(name: "NAME", help: "a name of your own: a-z 0-9 . _ -")],
      options: [
        OptionSpec(name: "plugin", value: "ID", help: "plugin that speaks to the cloud", isRequired: true),
        OptionSpec(name: "credential-file", value: "FILE", help: "file with the credential; - or none: standard input"),
        OptionSpec(name: "no-credential", help: "the cloud needs none"),
        OptionSpec(
          name: "endpoint", value: "NAME=URL", help: "another origin than the plugin's; unix:/path for a socket",
          repeats: true),
        OptionSpec(
          name: "set", value: "KEY=VALUE", help: "a setting of the plugin; JSON where it is JSON, else text",
          repeats: true),
      ] + limitOptions,
      examples: [
        .init(line: "slipway account add prod --plugin acme --credential-file token.txt", meaning: "from a file"),
        .init(line: "pass acme/token | slipway account add prod --plugin acme", meaning: "from a password store"),
        .init(
          line: "slipway account add test --plugin acme --endpoint api=http://127.0.0.1:8080/v1",
          meaning: "against a simulator"),
      ],
      detail: "The credential goes only to the origins that are approved here, and is kept sealed."),
    CommandSpec(
      name: "account list", summary: "list accounts and their health",
      examples: [.init(line: "slipway account list", meaning: "one line for each account")]),
    CommandSpec(
      name: "account show", summary: "show one account: what was approved, identity, health",
      operands: [OperandSpec(name: "NAME", help: "name of an account")],
      examples: [.init(line: "slipway account show prod", meaning: "all about the account prod")]),
    CommandSpec(
      name: "account check", summary: "test an account's credential and identity now",
      operands: [OperandSpec(name: "NAME", help: "name of an account")],
      examples: [.init(line: "slipway account check prod", meaning: "exit 0 when it holds, 13 when not")]),
    CommandSpec(
      name: "account set", summary: "limit what may be made on an account",
      operands: [OperandSpec(name: "NAME", help: "name of an account")], options: limitOptions,
      examples: [
        .init(line: "slipway account set prod --max-resources 50 --max-hourly 2.50", meaning: "from the next order on"),
        .init(line: "slipway account set prod --max-hourly 0", meaning: "take a limit away"),
      ],
      detail: "What is there already stays. An order beyond a limit is refused with QUOTA."),
    CommandSpec(
      name: "account rotate", summary: "replace an account's credential by another one of the same cloud account",
      operands: [OperandSpec(name: "NAME", help: "name of an account")],
      options: [
        OptionSpec(name: "credential-file", value: "FILE", help: "file with the credential; - or none: standard input")
      ],
      examples: [
        .init(line: "slipway account rotate prod --credential-file token.txt", meaning: "from a file"),
        .init(line: "pass acme/token | slipway account rotate prod", meaning: "from a password store"),
      ],
      detail:
        "The new credential is tested first: one that is refused, or is for another cloud account, changes nothing. "
        + "Everything else stays; what waited for a good credential goes on at once."),
    CommandSpec(
      name: "account pin",
      summary: "know an account by another mark, such as after its SSH key was deleted at the cloud",
      operands: [OperandSpec(name: "NAME", help: "name of an account")],
      options: [OptionSpec(name: "sure", help: "although it shows no machine of ours")],
      examples: [
        .init(
          line: "slipway account pin prod", meaning: "where one of its machines proves that it is the same account"),
        .init(line: "slipway account pin prod --sure", meaning: "on your word alone"),
      ],
      detail:
        "Where a cloud has no id of its own for an account, Slipway knows it by the SSH key that it stored there, and makes "
        + "that anew if it is gone. While the mark does not hold, nothing counts as gone. On your word alone, what another account "
        + "does not show would count as gone, and may be billed on."),
    CommandSpec(
      name: "account remove", summary: "forget an account that nothing uses",
      operands: [OperandSpec(name: "NAME", help: "name of an account")],
      examples: [.init(line: "slipway account remove test", meaning: "its sealed credential goes with it")]),
  ]

  private static let catalog = [
    CommandSpec(
      name: "catalog", summary: "show what a cloud sells: types with stock and prices, locations, images",
      operands: [
        OperandSpec(name: "ACCOUNT", help: "name of an account"),
        OperandSpec(name: "PART", help: "types, locations or images"),
      ],
      options: [
        OptionSpec(
          name: "where", value: "CONDITIONS", help: "only what fits, such as 'vcpu>=2,memory>=4,price<10'")
      ],
      examples: [
        .init(line: "slipway catalog prod types", meaning: "the cheapest first"),
        .init(
          line: "slipway catalog prod types --where 'vcpu>=2,memory>=4,price<10,stock=yes'",
          meaning: "memory in GiB, price for a month"),
        .init(line: "slipway catalog prod images --where name~debian", meaning: "names that hold a word"),
      ],
      detail: catalogDetail)
  ]

  private static let catalogDetail =
    "Conditions are parted by commas, and all have to hold. "
    + CatalogPart.allCases.map { part in
      "\(part.rawValue): " + part.fields.map(\.name).joined(separator: ", ") + ". "
    }.joined()
    + "Numbers take = != < <= > >=, text takes = != ~ (holds), yes and no take = and !=. "
    + "memory is in GiB, disk in GB; price is for a month (the cap, else the month's price, else 730 hours), hourly for an "
    + "hour. What the cloud does not say never fits, and is counted."

  private static let offerings = [
    CommandSpec(
      name: "offering add", summary: "define what can be provisioned",
      operands: [
        OperandSpec(name: "NAME", help: "a name of your own; with --file it may be left out", isRequired: false)
      ],
      options: [
        OptionSpec(
          name: "placement", value: "ACCOUNT/TYPE/LOCATION", help: "a choice of where; the first that holds is taken",
          repeats: true),
        OptionSpec(name: "image", value: "IMAGE", help: "image of every --placement"),
        OptionSpec(name: "notify-webhook", value: "URL", help: "where a POST goes when something went wrong"),
        OptionSpec(name: "notify-secret-file", value: "FILE", help: "what those are signed with; - for standard input"),
        OptionSpec(name: "notify-email", value: "ADDRESS", help: "whom a mail goes to when something went wrong"),
        OptionSpec(
          name: "readiness", value: "cloud|ssh|recipe",
          help: "what must be true before it is active (ssh; with --recipe: recipe)"),
        OptionSpec(
          name: "recipe", value: "NAME[@VERSION]", help: "what is run on each machine; without version the newest"),
        OptionSpec(name: "provision-deadline", value: "TIME", help: "such as 15m; when a provision has failed"),
        OptionSpec(
          name: "on-failure", value: "end|next|keep",
          help:
            "what becomes of a machine whose recipe failed: ended (the default), ended and the next placement tried, "
            + "or kept for a look at it"),
        OptionSpec(name: "keep-for", value: "TIME", help: "how long it is kept with --on-failure keep (1h)"),
        OptionSpec(name: "remove-access", help: "remove our own key before a machine is handed over"),
        OptionSpec(name: "set", value: "KEY=VALUE", help: "configuration of the plugin", repeats: true),
        OptionSpec(name: "file", value: "FILE", help: "the offering as JSON; - for standard input"),
      ] + inputOptions,
      examples: [
        .init(
          line: "slipway offering add small --placement prod/s1/north --placement prod/s1/south --image debian-12",
          meaning: "two places, in order"),
        .init(
          line:
            "slipway offering add db --placement prod/s1/north --image debian-12 --recipe postgresql --input VERSION=15",
          meaning: "handed over once the recipe has ended with 0"),
        .init(line: "slipway offering add --file small.json", meaning: "from a file"),
      ]),
    CommandSpec(
      name: "offering list", summary: "list offerings",
      options: [OptionSpec(name: "has-recipe", value: "true|false", help: "only those with, or without, a recipe")],
      examples: [.init(line: "slipway offering list", meaning: "one line for each offering")]),
    CommandSpec(
      name: "offering show", summary: "show one offering",
      operands: [OperandSpec(name: "NAME", help: "name of an offering")],
      examples: [.init(line: "slipway offering show small", meaning: "its placements in order")]),
    CommandSpec(
      name: "offering validate", summary: "ask the clouds whether each placement holds now, and what it costs",
      operands: [OperandSpec(name: "NAME", help: "name of an offering")],
      examples: [.init(line: "slipway offering validate small", meaning: "exit 0 when at least one holds")]),
    CommandSpec(
      name: "offering remove", summary: "forget an offering; its resources stay",
      operands: [OperandSpec(name: "NAME", help: "name of an offering")],
      examples: [.init(line: "slipway offering remove small", meaning: "nothing more can be bought from it")]),
  ]

  private static let resources = [
    CommandSpec(
      name: "provision", summary: "make a machine from an offering and watch it come up",
      operands: [OperandSpec(name: "OFFERING", help: "name of an offering")],
      options: [
        OptionSpec(name: "ssh-key", value: "FILE", help: "public key that may log in", repeats: true),
        OptionSpec(name: "tenant", value: "NAME", help: "whom it is for"),
        OptionSpec(
          name: "max-price", value: "PRICE", help: "leave placements that cost more in an hour, such as 0.02"),
        OptionSpec(name: "expires-in", value: "TIME", help: "such as 2h; then it is terminated by itself"),
        OptionSpec(
          name: "idempotency-key", value: "KEY", help: "repeat a request safely: the same key is the same machine"),
        OptionSpec(name: "no-wait", help: "return as soon as the request is accepted"),
      ] + inputOptions,
      examples: [
        .init(line: "slipway provision small --ssh-key ~/.ssh/id_ed25519.pub", meaning: "until one can log in"),
        .init(line: "slipway provision small --no-wait --json", meaning: "both ids, for a program"),
      ],
      detail: "Ctrl-C stops watching and cancels nothing; `slipway terminate` ends a machine."),
    CommandSpec(
      name: "resource list", summary: "list machines",
      options: [
        OptionSpec(name: "state", value: "STATE", help: "only those in this state"),
        OptionSpec(name: "offering", value: "NAME", help: "only those of this offering"),
        OptionSpec(name: "all", help: "also those that have ended, as --json lists them anyway"),
      ],
      examples: [.init(line: "slipway resource list", meaning: "those that have not ended")]),
    CommandSpec(
      name: "resource show", summary: "show one machine: state, rungs, address, cost, findings", operands: [resource],
      examples: [.init(line: "slipway resource show 7Q2M", meaning: "by the end of its id")]),
    CommandSpec(
      name: "resource watch", summary: "follow a machine until it rests", operands: [resource],
      options: [OptionSpec(name: "stay", help: "go on until the machine has ended for good")],
      examples: [
        .init(line: "slipway resource watch 7Q2M", meaning: "a line for each step"),
        .init(line: "slipway resource watch 7Q2M --stay --json", meaning: "its whole life, for a program"),
      ]),
    CommandSpec(
      name: "resource logs", summary: "show what the recipe of a machine wrote", operands: [resource],
      options: [
        OptionSpec(name: "follow", help: "go on until the recipe has ended"),
        OptionSpec(name: "stderr", help: "only what it wrote to standard error"),
        OptionSpec(name: "stdout", help: "only what it wrote to standard output"),
        OptionSpec(name: "times", help: "put the time of its arrival before each line"),
        OptionSpec(name: "run", value: "ID", help: "an older run; `resource show --json` lists them"),
      ],
      examples: [
        .init(line: "slipway resource logs 7Q2M --follow", meaning: "while it runs"),
        .init(line: "slipway resource logs 7Q2M --stdout", meaning: "byte for byte"),
      ],
      detail: "Without --stdout or --stderr both are shown, on standard output and standard error. On a terminal "
        + "control characters are taken out; otherwise every byte is written as it came, but for secrets. Of a flood "
        + "the head and the tail are kept. A run that failed ends the command with 14."),
    CommandSpec(
      name: "resource secrets", summary: "show what the cloud insisted on, such as a root password, once",
      operands: [resource],
      examples: [.init(line: "slipway resource secrets 7Q2M", meaning: "it is forgotten before it is shown")]),
    CommandSpec(
      name: "resource cancel", summary: "end the recipe that runs on a machine", operands: [resource],
      examples: [.init(line: "slipway resource cancel 7Q2M", meaning: "the recipe then counts as failed")]),
    CommandSpec(
      name: "power", summary: "start, stop or reboot a machine",
      operands: [OperandSpec(name: "ACTION", help: "start, stop or reboot"), resource],
      options: [OptionSpec(name: "no-wait", help: "return as soon as the request is accepted")],
      examples: [.init(line: "slipway power reboot 7Q2M", meaning: "and wait until it is done")]),
    CommandSpec(
      name: "terminate", summary: "end a machine and watch until the cloud says it is gone", operands: [resource],
      options: [OptionSpec(name: "no-wait", help: "return as soon as the request is accepted")],
      examples: [.init(line: "slipway terminate 7Q2M", meaning: "again is harmless")],
      detail: "For one that has ended already it says how, and exits 0; for one that was released, 5."),
    CommandSpec(
      name: "explain", summary: "show everything that happened to a machine, with times", operands: [resource],
      examples: [.init(line: "slipway explain 7Q2M", meaning: "intents, calls, requests, answers, ids")]),
  ]

  private static let rest = [
    CommandSpec(
      name: "version", summary: "print the version",
      examples: [.init(line: "slipway version", meaning: "one line")], isClient: false)
  ]
}

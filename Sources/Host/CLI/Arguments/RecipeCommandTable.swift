extension CommandTable {
  static let inputOptions = [
    OptionSpec(name: "input", value: "NAME=VALUE", help: "a value of the recipe's input", repeats: true),
    OptionSpec(
      name: "input-file", value: "NAME=FILE", help: "a value from a file, - is standard input; secret ones only so",
      repeats: true),
  ]

  private static let recipe = OperandSpec(name: "RECIPE", help: "NAME, or NAME@VERSION; without one the newest")

  static let recipes = [
    CommandSpec(
      name: "recipe add", summary: "add a recipe, or the next version of one",
      operands: [
        OperandSpec(name: "NAME", help: "a name of your own: a-z 0-9 . _ -"),
        OperandSpec(name: "FILE", help: "the script; - is standard input", isRequired: false),
      ],
      options: [
        OptionSpec(name: "template", value: "NAME", help: "one that comes with Slipway, in place of FILE"),
        OptionSpec(name: "description", value: "TEXT", help: "what it makes of a machine"),
        OptionSpec(name: "author", value: "TEXT", help: "who wrote it"),
        OptionSpec(name: "notes", value: "TEXT", help: "what changed"),
        OptionSpec(name: "timeout", value: "TIME", help: "when a run is ended, such as 20m (15m)"),
        OptionSpec(name: "idempotent", help: "it may be run again where a run was interrupted"),
      ],
      examples: [
        .init(line: "slipway recipe add web ./web.sh", meaning: "web@1, or the next version"),
        .init(line: "slipway recipe add db --template postgresql", meaning: "one that comes with Slipway"),
      ],
      detail:
        "What the options leave out, comments at the script's beginning may say: `# slipway-description: …`, "
        + "`# slipway-input: PORT integer default=8080; where it listens`. Errors of the lint stand in the way, and exit with "
        + "6; warnings are shown. A version is never changed; what equals the newest is not added again."),
    CommandSpec(
      name: "recipe list", summary: "list recipes, with ratings",
      options: [OptionSpec(name: "search", value: "WORDS", help: "only those that hold every word")],
      examples: [.init(line: "slipway recipe list --search static", meaning: "in name, description or author")]),
    CommandSpec(
      name: "recipe show", summary: "show a version: inputs, time, digest, rating", operands: [recipe],
      options: [OptionSpec(name: "script", help: "print the script alone")],
      examples: [
        .init(line: "slipway recipe show web", meaning: "the newest version"),
        .init(line: "slipway recipe show web@2 --script", meaning: "its script"),
      ]),
    CommandSpec(
      name: "recipe versions", summary: "list the versions of a recipe",
      operands: [OperandSpec(name: "RECIPE", help: "name of a recipe")],
      examples: [.init(line: "slipway recipe versions web", meaning: "the newest first")]),
    CommandSpec(
      name: "recipe diff", summary: "show what differs between two versions",
      operands: [
        OperandSpec(name: "FROM", help: "NAME@VERSION"), OperandSpec(name: "TO", help: "NAME@VERSION, of any recipe"),
      ],
      examples: [.init(line: "slipway recipe diff web@1 web@2", meaning: "as diff -u does")]),
    CommandSpec(
      name: "recipe lint", summary: "say what is wrong with a script, without running it",
      operands: [OperandSpec(name: "FILE", help: "the script; - is standard input")],
      options: [OptionSpec(name: "json", help: "print JSON for programs")],
      examples: [.init(line: "slipway recipe lint ./web.sh", meaning: "exit 0 without errors, 6 with")],
      detail:
        "Errors block `recipe add`, warnings do not. It reads the script, lets sh -n, bash -n or python3 compile it, and asks "
        + "shellcheck where that is installed; it needs no daemon. Exit 0: no errors; 2: the file cannot be read; 6: errors.",
      isClient: false),
    CommandSpec(
      name: "recipe try", summary: "run a recipe on a machine of its own, show what it writes, and end the machine",
      operands: [recipe],
      options: [
        OptionSpec(name: "offering", value: "NAME", help: "what to make the machine from", isRequired: true),
        OptionSpec(
          name: "expires-in", value: "TIME", help: "when the machine ends whatever happens to this command (1h)"),
        OptionSpec(name: "ssh-key", value: "FILE", help: "public key that may log in", repeats: true),
        OptionSpec(name: "tenant", value: "NAME", help: "whom it is for"),
        OptionSpec(
          name: "max-price", value: "PRICE", help: "leave placements that cost more in an hour, such as 0.02"),
        OptionSpec(name: "keep", help: "leave the machine until it expires"),
      ] + CommandTable.inputOptions,
      examples: [
        .init(line: "slipway recipe try web --offering small", meaning: "exit 0 when it ended with 0, 14 when not")
      ]),
    CommandSpec(
      name: "recipe fork", summary: "copy a version into a recipe of its own",
      operands: [recipe, OperandSpec(name: "NAME", help: "name of the new recipe")],
      options: [OptionSpec(name: "author", value: "TEXT", help: "who goes on with it")],
      examples: [.init(line: "slipway recipe fork web@2 my-web", meaning: "my-web@1")]),
    CommandSpec(
      name: "recipe rate", summary: "say what a tenant thinks of a version",
      operands: [
        OperandSpec(name: "RECIPE", help: "NAME@VERSION"), OperandSpec(name: "STARS", help: "1 to 5"),
      ],
      options: [
        OptionSpec(
          name: "tenant", value: "NAME", help: "who says so; it must have had a resource with it", isRequired: true),
        OptionSpec(name: "comment", value: "TEXT", help: "in words"),
      ],
      examples: [
        .init(line: "slipway recipe rate web@2 4 --tenant joe --comment slow", meaning: "a later one replaces it")
      ]),
    CommandSpec(
      name: "recipe remove", summary: "forget a recipe that nothing uses",
      operands: [OperandSpec(name: "NAME", help: "name of a recipe")],
      examples: [.init(line: "slipway recipe remove web", meaning: "refused while an offering or resource has it")]),
    CommandSpec(
      name: "recipe templates", summary: "list the recipes that come with Slipway, or print one",
      operands: [OperandSpec(name: "NAME", help: "the one to print", isRequired: false)],
      examples: [
        .init(line: "slipway recipe templates", meaning: "a line each"),
        .init(line: "slipway recipe templates postgresql", meaning: "the script, to begin from"),
      ], isClient: false),
  ]

  static let upgrade = CommandSpec(
    name: "resource upgrade", summary: "run another version of its recipe on a machine",
    operands: [
      OperandSpec(name: "RESOURCE", help: "id of a resource, or enough of its beginning or end to be the only one")
    ],
    options: [
      OptionSpec(name: "recipe-version", value: "N", help: "number of the version, or latest", isRequired: true)
    ] + inputOptions + [OptionSpec(name: "no-wait", help: "return as soon as the request is accepted")],
    examples: [.init(line: "slipway resource upgrade 7Q2M --recipe-version 3", meaning: "and wait until it has run")],
    detail:
      "Its values stay where the new version still takes them; --input gives new ones. The machine has to be active.")
}

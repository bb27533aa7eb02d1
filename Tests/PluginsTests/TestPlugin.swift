import Foundation
import System

/// Small plugins in C, compiled once per set of macros with `clang` from PATH.
enum TestPlugin {
  struct NotBuilt: Error, CustomStringConvertible { let description: String }

  /// Path of the plugin compiled with these macros, which the test copies to where it wants it.
  static func build(_ macros: String...) async throws -> String { try await Builder.shared.build(macros) }

  /// Folder of the built products: where the running test program is, and `slipway-worker` beside it.
  static var products: URL { URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent() }

  /// Path of the worker; another build of it where the environment says so.
  static var worker: String {
    ProcessInfo.processInfo.environment["SLIPWAY_TEST_WORKER"] ?? products.appending(path: "slipway-worker").path
  }

  /// Compiles each set of macros once, and blocks no thread that tests run on.
  private actor Builder {
    static let shared = Builder()
    private var built: [[String]: Task<String, any Error>] = [:]

    func build(_ macros: [String]) async throws -> String {
      let task = built[macros] ?? Task { try await TestPlugin.compile(macros) }
      built[macros] = task
      return try await task.value
    }
  }

  private static let reactor = Result { try Reactor(name: "clang") }

  private static func compile(_ macros: [String]) async throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    // Beside the built products, so that nothing is left elsewhere; one name for each set of macros.
    let name = macros.joined().map { $0.isLetter || $0.isNumber ? "\($0)" : "_" }.joined()
    let target = products.appending(path: "libTestPlugin\(name).so")
    let fresh = products.appending(path: ".\(UUID().uuidString).so")
    let input = products.appending(path: ".\(UUID().uuidString).c")
    let words = products.appending(path: ".\(UUID().uuidString).txt")
    defer { for file in [input, words] { try? FileManager.default.removeItem(at: file) } }
    try source.write(to: input, atomically: true, encoding: .utf8)
    let plan = SpawnPlan(
      program: .path("/usr/bin/env"),
      arguments: ["env", "clang", "-std=c11", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror"]
        + ["-I", root.appending(path: "Sources/PluginABI/include").path] + macros.map { "-D\($0)" }
        + ["-o", fresh.path, input.path],
      environment: ProcessInfo.processInfo.environment,
      descriptors: [2: try Descriptor.open(words.path, O_WRONLY | O_CREAT)])
    let child = try plan.spawn()
    let reactor = try reactor.get()
    let status = try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<System.ExitStatus, any Error>) in
      do { try child.onExit(reactor) { continuation.resume(returning: $0) } } catch {
        continuation.resume(throwing: error)
      }
    }
    // Renamed into place: another test process may be reading the file that is there.
    guard status == .exited(0), rename(fresh.path, target.path) == 0 else {
      throw NotBuilt(description: "clang \(status): \((try? String(contentsOf: words, encoding: .utf8)) ?? "")")
    }
    return target.path
  }

  /// What the plugin does is the first word of the request.
  private static let source = #"""
    #define _GNU_SOURCE
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    #include <time.h>
    #include "slipway_plugin.h"
    #ifndef ID
    #define ID "test"
    #endif
    #ifndef VERSION
    #define VERSION "1.0.0"
    #endif
    #ifndef SLOTS
    #define SLOTS 1
    #endif
    #ifndef EXTRA
    #define EXTRA ""
    #endif
    #ifndef ABI
    #define ABI SLIPWAY_ABI_VERSION
    #endif
    #define TEXT_(x) #x
    #define TEXT(x) TEXT_(x)
    #define MANIFEST "{\"id\":\"" ID "\",\"name\":\"Test\",\"version\":\"" VERSION "\",\"max_concurrency\":" TEXT(SLOTS) EXTRA "}"

    static const slipway_host *host __attribute__((unused));

    static slipway_span span(const char *text) { return (slipway_span){(const uint8_t *)text, strlen(text)}; }

    static void pause_ms(long ms) {
      struct timespec time = {ms / 1000, ms % 1000 * 1000000};
      nanosleep(&time, 0);
    }

    __attribute__((unused)) static void verb(slipway_call *call, slipway_span request) {
      char word[256] = "", rest[128] = "";
      size_t length = request.length < 255 ? request.length : 255;
      memcpy(word, request.bytes, length);
      word[length] = 0;
      char *space = strchr(word, ' ');
      if (space) {
        *space = 0;
        snprintf(rest, sizeof rest, "%s", space + 1);
      }
      if (!strcmp(word, "crash")) raise(SIGSEGV);
      if (!strcmp(word, "exit")) _exit(3);
      if (!strcmp(word, "hang")) for (;;) pause_ms(1000);
      if (!strcmp(word, "silent")) return;
      if (!strcmp(word, "late")) {
        while (host->remaining_ms(call) > 0 && !host->cancelled(call)) pause_ms(5);
        host->reply(call, span("late"));
        return;
      }
      if (!strcmp(word, "until")) { /* waits for a file */
        while (access(rest, F_OK) != 0) pause_ms(5);
        host->reply(call, span("done"));
        return;
      }
      if (!strcmp(word, "fail")) { host->fail(call, SLIPWAY_NO_CAPACITY, span("{\"message\":\"none left\"}")); return; }
      if (!strcmp(word, "forge")) { /* another call's reply: call 99 */
        unsigned char frame[16] = {2, 0, 0, 0, 6, 0, 99};
        frame[14] = '{';
        frame[15] = '}';
        if (write(3, frame, sizeof frame) < 0) _exit(9);
        pause_ms(60000);
      }
      if (!strcmp(word, "env")) {
        char text[256];
        snprintf(text, sizeof text, "%s %s %s %s", getenv("LANG"), getenv("MALLOC_ARENA_MAX"), getenv("SWIFT_BACKTRACE"), getenv("PATH") ? "PATH" : "none");
        host->reply(call, span(text));
        return;
      }
      if (!strcmp(word, "log")) {
        host->log(call, 2, span("hello \x1b[31mred"), span("{}"));
        printf("printed\n");
        fflush(stdout);
        host->progress(call, 500, span("half"));
      }
      if (!strcmp(word, "big")) {
        size_t size = (size_t)atol(rest);
        char *bytes = malloc(size);
        memset(bytes, 'x', size);
        host->reply(call, (slipway_span){(const uint8_t *)bytes, size});
        free(bytes);
        return;
      }
      if (!strcmp(word, "http")) {
        slipway_http_request http = {0};
        http.struct_size = sizeof http;
        http.endpoint = span("api");
        http.method = span("GET");
        http.path = span(rest);
        const slipway_http_response *response = 0;
        if (host->http(call, &http, &response) != SLIPWAY_STATUS_OK) { host->reply(call, span("closed")); return; }
        char text[128];
        snprintf(text, sizeof text, "%d %d %llu %.*s", response->outcome, response->status, (unsigned long long)response->body.length, (int)response->error.length, (const char *)response->error.bytes);
        host->reply(call, span(text));
        return;
      }
      host->reply(call, span(VERSION));
    }

    static slipway_plugin plugin __attribute__((unused));

    #ifndef NO_SYMBOL
    SLIPWAY_EXPORT const slipway_plugin *slipway_plugin_entry(const slipway_host *given) {
      host = given;
      plugin.struct_size = sizeof plugin;
      plugin.abi_min = plugin.abi_max = plugin.abi_chosen = ABI;
      plugin.id = span(ID);
      plugin.version = span(VERSION);
      plugin.manifest = span(MANIFEST);
      plugin.validate = plugin.prepare = plugin.provision = plugin.poll = verb;
      plugin.terminate = plugin.list = plugin.catalog = plugin.self_test = verb;
    #ifdef REFUSE
      host->refuse(host, span("needs a newer moon"));
      plugin.abi_chosen = 0;
    #endif
    #ifdef SLOW
      pause_ms(60000);
    #endif
    #ifdef CRASH
      abort();
    #endif
      return &plugin;
    }
    #endif
    """#
}

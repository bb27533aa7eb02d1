import CloudSim
import Testing

@Suite struct KeyTests {
  @Test func `A key's fingerprint is the MD5 of its blob`() throws {
    // RFC 1321, A.5.
    #expect(MD5.fingerprint(Array("abc".utf8)) == "90:01:50:98:3c:d2:4f:b0:d6:96:3f:7d:28:e1:7f:72")
    #expect(MD5.fingerprint([]) == "d4:1d:8c:d9:8f:00:b2:04:e9:80:09:98:ec:f8:42:7e")
    let digits = Array(String(repeating: "1234567890", count: 8).utf8)
    #expect(MD5.fingerprint(digits) == "57:ed:f4:a2:2b:e3:c9:55:ac:49:da:2e:21:07:b6:7a")
  }

  @Test func `A key is made, found by name, fingerprint and label, changed and deleted`() throws {
    let client = Client()
    let body: JSON = ["name": "one", "public_key": .string(Client.keyA), "labels": ["a": "b"]]
    let made = client.call("POST", "/ssh_keys", body)
    #expect(made.status == 201)
    let key = try #require(made.json?["ssh_key"])
    let id = try #require(key["id"]?.int)
    let fingerprint = try #require(key["fingerprint"]?.string)
    #expect(key["public_key"]?.string == Client.keyA)
    #expect(client.call("GET", "/ssh_keys?name=one").names("ssh_keys") == ["one"])
    #expect(client.call("GET", "/ssh_keys?name=two").names("ssh_keys").isEmpty)
    #expect(client.call("GET", "/ssh_keys?fingerprint=\(fingerprint)").names("ssh_keys") == ["one"])
    #expect(client.call("GET", "/ssh_keys?label_selector=a%3Db").names("ssh_keys") == ["one"])
    #expect(client.call("PUT", "/ssh_keys/\(id)", ["name": "uno", "labels": [:]]).status == 200)
    #expect(client.call("GET", "/ssh_keys/\(id)").json?["ssh_key"]?["labels"] == [:])
    #expect(client.call("DELETE", "/ssh_keys/\(id)").status == 204)
    #expect(client.call("DELETE", "/ssh_keys/\(id)").status == 404)
  }

  @Test func `The same key and the same name are refused apart`() {
    let client = Client()
    _ = client.call("POST", "/ssh_keys", ["name": "one", "public_key": .string(Client.keyA)])
    let twin = client.call("POST", "/ssh_keys", ["name": "two", "public_key": .string(Client.keyA)])
    #expect(twin.status == 409 && twin.code == "uniqueness_error")
    #expect(twin.message == "SSH key with the same fingerprint already exists" && twin.fields == ["public_key"])
    let named = client.call("POST", "/ssh_keys", ["name": "one", "public_key": .string(Client.keyB)])
    #expect(named.status == 409 && named.fields == ["name"])
  }

  @Test(arguments: ["", "ssh-ed25519", "ssh-ed25519 !!!!", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAAA", "hello world"])
  func `What is no key is refused`(line: String) {
    let client = Client()
    let answer = client.call("POST", "/ssh_keys", ["name": "one", "public_key": .string(line)])
    #expect(answer.status == 422 && answer.fields == ["public_key"])
  }
}

"""Takes instances through their lives with Apache Libcloud's driver, unmodified.

usage: vultr.py PORT TOKEN PUBLIC-KEY-FILE
Prints a line for every step that went well; ends with 1 at the first that did not. It takes its time, as programs that use
the cloud have to: it asks again where there were too many requests, and waits until an instance is what the next step needs.
"""
import sys
import time

from libcloud.common.vultr import VultrException
from libcloud.compute.providers import get_driver
from libcloud.compute.types import NodeState, Provider

port, token, key_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def connect(token):
    driver = get_driver(Provider.VULTR)(token, secure=False, host="127.0.0.1", port=port)
    patient(driver.connection)
    return driver


def patient(connection):
    """Lets a driver's connection ask again where there were too many requests: libcloud's own retries know no 429 of
    Vultr's."""
    send = connection.request

    def request(*arguments, **named):
        deadline = time.monotonic() + 60
        while True:
            try:
                return send(*arguments, **named)
            except VultrException as error:
                if error.code != 429 or time.monotonic() > deadline:
                    raise
            time.sleep(0.2)

    connection.request = request


def until(what, look):
    """Asks again and again, 2 minutes at most, until the answer is true; there may be 30 requests a second."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        answer = look()
        if answer:
            return answer
        time.sleep(0.05)
    raise SystemExit("never happened: " + what)


def step(text, *facts):
    if not all(facts):
        raise SystemExit("failed: %s %r" % (text, facts))
    print(text, flush=True)


def refusal(call):
    try:
        call()
    except VultrException as error:
        return error.code, error.message
    return None


def ready(node):
    return driver.ex_get_node(node.id).extra["server_status"] == "ok"


driver = connect(token)
sizes, images, locations = driver.list_sizes(), driver.list_images(), driver.list_locations()
size = next(s for s in sizes if s.id == "vc2-1c-1gb")
image = next(i for i in images if i.name.startswith("Debian 12 x64"))
location = next(l for l in locations if l.id == "ewr")
# libcloud makes text of every id; the cloud's description has an integer in this field.
image.id = int(image.id)
step("catalog", size.ram == 1024, size.price == 5, image.extra["family"] == "debian", location.country == "US")
step("stock", size.id in driver.ex_list_available_sizes_for_location(location))

key = driver.import_key_pair_from_string("laptop", open(key_file).read().strip())
step("key", driver.get_key_pair(key.extra["id"]).public_key == key.public_key, len(driver.list_key_pairs()) == 1)

node = driver.create_node(
    "web 1", size, location, image=image, ex_ssh_key_ids=[key.extra["id"]], ex_userdata="#!/bin/sh\n",
    ex_hostname="web-1", ex_tag="team core", ex_enable_ipv6=True)
step("create", node.state == NodeState.PENDING, node.name == "web 1", node.public_ips == ["0.0.0.0"])

[(node, addresses)] = driver.wait_until_running([node], wait_period=0.1, timeout=120)
step("running", node.state == NodeState.RUNNING, len(addresses) == 1, len(node.public_ips) == 2)
until("ready", lambda: ready(node))
seen = driver.ex_get_node(node.id)
step("get", seen.id == node.id, seen.extra["tag"] == "team core", seen.extra["features"] == ["ipv6"])

twin = driver.create_node("web 1", size, location, image=image)
step("list", [n.name for n in driver.list_nodes()] == ["web 1", "web 1"])
locked = refusal(lambda: driver.destroy_node(twin))
if locked:
    step("locked", locked == (500, "Unable to destroy server: Unable to remove VM: Server is currently locked"))
    until("ready", lambda: ready(twin))
else:
    # It was installed faster than it was asked for.
    step("not locked", True)
    until("one instance", lambda: len(driver.list_nodes()) == 1)

step("reboot", driver.reboot_node(node))
step("stop", driver.stop_node(node))
until("stopped", lambda: driver.ex_get_node(node.id).state == NodeState.STOPPED)
step("start", driver.start_node(node))
until("running", lambda: driver.ex_get_node(node.id).state == NodeState.RUNNING)
resized = driver.ex_resize_node(node, next(s for s in sizes if s.id == "vc2-2c-4gb"))
step("resize", resized.size == "vc2-2c-4gb", resized.extra["ram"] == 4096)

gpu = next(s for s in sizes if s.id.startswith("vcg-"))
step("refusal", refusal(lambda: driver.create_node("x", gpu, location, image=image))[0] == 400)
step("two images", refusal(lambda: driver.create_node("x", size, location, image=image, ex_snapshot="y"))
     == (400, "Bad request."))
step("wrong token", refusal(lambda: connect("wrong").list_nodes()) == (401, "Invalid API token."))

for node in driver.list_nodes():
    until("ready", lambda: ready(node))
    step("destroy", driver.destroy_node(node))
until("no instances", lambda: driver.list_nodes() == [])
step("gone", refusal(lambda: driver.ex_get_node(twin.id)) == (404, "instance not found"))
step("key deleted", driver.delete_key_pair(key), driver.list_key_pairs() == [])

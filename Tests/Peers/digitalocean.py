"""Takes droplets through their lives with Apache Libcloud's driver, unmodified.

usage: digitalocean.py PORT TOKEN PUBLIC-KEY-FILE
Prints a line for every step that went well; ends with 1 at the first that did not.
"""
import sys
import time

from libcloud.common.types import InvalidCredsError
from libcloud.compute.providers import get_driver
from libcloud.compute.types import NodeState, Provider

port, token, key_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def connect(token):
    driver = get_driver(Provider.DIGITAL_OCEAN)(token)
    # The driver's constructor takes host, port and secure and hands none of them on; its connection has the same.
    driver.connection.host, driver.connection.port, driver.connection.secure = "127.0.0.1", port, 0
    driver.connection.connect()
    return driver


def until(what, look):
    """Asks again and again, 20 seconds at most, until the answer is true."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        answer = look()
        if answer:
            return answer
    raise SystemExit("never happened: " + what)


def step(text, *facts):
    if not all(facts):
        raise SystemExit("failed: %s %r" % (text, facts))
    print(text, flush=True)


driver = connect(token)
account = driver.ex_account_info()
step("account", account["status"] == "active", len(account["uuid"]) == 40)

sizes, locations, images = driver.list_sizes(), driver.list_locations(), driver.list_images()
size = next(s for s in sizes if s.name == "s-1vcpu-1gb")
location = next(l for l in locations if l.id == "fra1")
image = driver.get_image("debian-12-x64")
step("catalog", size.ram == 1024, size.price > 0, location.name == "Frankfurt 1", image.id in [i.id for i in images])

key = driver.create_key_pair("laptop", open(key_file).read().strip())
step("key", driver.get_key_pair("laptop").fingerprint == key.fingerprint)

attributes = {"tags": ["team:core"], "ipv6": True, "ssh_keys": [key.fingerprint]}
node = driver.create_node("web-1", size, image, location, attributes, ex_user_data="#cloud-config\n{}\n")
step("create", node.state == NodeState.PENDING, node.name == "web-1", node.public_ips == [])

[(node, addresses)] = driver.wait_until_running([node], wait_period=0.02, timeout=20)
step("running", node.state == NodeState.RUNNING, len(addresses) == 1, node.private_ips[0].startswith("10."))
until("its tags", lambda: driver.list_nodes()[0].extra["tags"] == ["team:core"])

for name in ["web-2", "web-3"]:
    driver.create_node(name, size, image, location)
two = connect(token)
two.ex_per_page = 2
step("pages", sorted(n.name for n in two.list_nodes()) == ["web-1", "web-2", "web-3"])


def settle():
    until("the end of every action", lambda: all(e["status"] == "completed" for e in driver.ex_list_events()))


def state(name):
    return next((n.state for n in driver.list_nodes() if n.name == name), None)


settle()
step("reboot", driver.reboot_node(node), driver.ex_list_events()[0]["type"] == "reboot")
settle()
step("still running", state("web-1") == NodeState.RUNNING)
step("shutdown", driver.ex_shutdown_node(node))
until("off", lambda: state("web-1") == NodeState.STOPPED)
settle()
step("power on", driver.ex_power_on_node(node))
until("running", lambda: state("web-1") == NodeState.RUNNING)
event = driver.ex_get_event(driver.ex_list_events()[0]["id"])
step("event", event["type"] == "power_on", str(event["resource_id"]) == node.id)
settle()

try:
    driver.create_node("web-4", next(s for s in sizes if s.name.startswith("gpu-")), image, location)
    raise SystemExit("failed: a size was sold where it is not")
except Exception as error:
    step("refusal", "Size is not available in this region. (code: 422)" in str(error))
try:
    connect("wrong").list_nodes()
    raise SystemExit("failed: a wrong token was taken")
except InvalidCredsError as error:
    step("wrong token", "Unable to authenticate you" in str(error))

for node in driver.list_nodes():
    step("destroy", driver.destroy_node(node))
until("no droplets", lambda: driver.list_nodes() == [])
step("key deleted", driver.delete_key_pair(key), driver.list_key_pairs() == [])

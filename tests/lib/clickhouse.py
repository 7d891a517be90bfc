"""clickhouse: servers for tests, on loopback ports and in a folder of their own, and a proxy that does damage.

A server is Debian's clickhouse-server or a later one; where there is none, whoever needs it is skipped.  Two of them are a
cluster of two shards: database `lastack` has tables over both, database `lastack_shard` those of one."""
import base64
import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

USER, PASSWORD = "sensor", "k9-geheim"
TABLES = ("connection", "anomaly", "capture")
CONFIG = """<yandex>
<logger><level>warning</level><log>{folder}/log</log><errorlog>{folder}/errors</errorlog></logger>
<http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><listen_host>127.0.0.1</listen_host>
<path>{data}/</path><tmp_path>{folder}/tmp/</tmp_path><mark_cache_size>8388608</mark_cache_size>
<user_files_path>{folder}/files/</user_files_path><format_schema_path>{folder}/schemas/</format_schema_path>
<users_config>users.xml</users_config><default_profile>default</default_profile>
<default_database>default</default_database><timezone>UTC</timezone>
<remote_servers><lastack>{shards}</lastack></remote_servers>
</yandex>
"""
SHARD = "<shard><replica><host>127.0.0.1</host><port>{tcp}</port></replica></shard>"
USERS = """<yandex><profiles><default><max_threads>2</max_threads><max_read_buffer_size>65536</max_read_buffer_size></default></profiles><quotas><default/></quotas>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile>
<quota>default</quota></default>
<{user}><password>{password}</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile>
<quota>default</quota></{user}></users></yandex>
"""


def missing():
    """Why there can be no server here; None: there can."""
    return None if shutil.which("clickhouse-server") else "no clickhouse-server here (apt-get install clickhouse-server)"


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Refused(Exception):
    """The server answered with an error."""


class Server:
    def __init__(self, folder, ports, shards, data=None):
        self.folder, (self.http, self.tcp), self.process = folder, ports, None
        os.makedirs(folder)
        with open(os.path.join(folder, "config.xml"), "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=folder, http=self.http, tcp=self.tcp, shards=shards,
                                     data=data or os.path.join(folder, "data")))
        with open(os.path.join(folder, "users.xml"), "w", encoding="utf-8") as file:
            file.write(USERS.format(user=USER, password=PASSWORD))

    def start(self):
        with open(os.path.join(self.folder, "output"), "ab") as output:
            self.process = subprocess.Popen(
                ["clickhouse-server", "--config-file", os.path.join(self.folder, "config.xml")],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self.query("SELECT 1")
                return self
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"clickhouse-server did not start: {self.folder}/errors")

    def stop(self, how=signal.SIGKILL):
        if self.process:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None

    def query(self, text, database="default", body=None, **settings):
        """Rows of an answer, as lists of text; None is NULL."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=30)
        parameters = {"database": database, "wait_end_of_query": 1} | settings
        if body is not None:
            parameters["query"] = text
        connection.request("POST", "/?" + urllib.parse.urlencode(parameters), body if body is not None else text.encode())
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        if answer.status != 200:
            raise Refused(said.decode())
        return [[unescape(value) for value in line.split("\t")] for line in said.decode().splitlines()]

    def script(self, text, database="default"):
        """The statements of a file, one after the other."""
        for statement in re.sub(r"(?m)^\s*--.*$", "", text).split(";"):
            if statement.strip():
                self.query(statement, database)

    def place(self, database="lastack", user=""):
        return f"http://{user and user + '@'}127.0.0.1:{self.http}/{database}"


ESCAPES = {"t": "\t", "n": "\n", "\\": "\\", "'": "'", "b": "\b", "f": "\f", "r": "\r", "0": "\0"}


def unescape(value):
    return None if value == "\\N" else re.sub(r"\\(.)", lambda m: ESCAPES[m[1]], value)


def cluster(folder, source, count=2):
    """So many servers; their tables are those of schema/clickhouse."""
    ports = [free_ports(2) for _ in range(count)]
    shards = "".join(SHARD.format(tcp=tcp) for _, tcp in ports)
    servers = [Server(os.path.join(folder, f"server{i}"), ports[i], shards) for i in range(count)]
    for server in servers:
        server.start()
        make_tables(server, source)
    return servers


def make_tables(server, source):
    """As schema/clickhouse says that they are made: in lastack_shard, and over all servers in lastack."""
    def run(name, database):
        with open(os.path.join(source, "schema", "clickhouse", name), encoding="utf-8") as file:
            server.script(file.read(), database)
    for database in ("lastack_shard", "lastack"):
        server.query(f"CREATE DATABASE {database}")
    for database, name in (("lastack_shard", "0001_tables.sql"), ("lastack", "distributed.sql"),
                           ("lastack_shard", "0002_transition.sql"), ("lastack", "0002_transition.sql")):
        run(name, database)


class Proxy(threading.Thread):
    """Between a program and a server.  `damage` is called with (number of the insert, its octets) for each insert, and says
    what happens to it: None, "cut" (half of it arrives), "lose" (it is done, and the answer lost), or an error answer.
    With a certificate (PEM, with its key) it speaks TLS to the program."""

    def __init__(self, server, damage, certificate=None):
        super().__init__(daemon=True)
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate)
        self.server, self.damage, self.inserts, self.bodies, self.logins = server, damage, 0, [], set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def place(self, database="lastack"):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/{database}"

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
                if self.tls:
                    client = self.tls.wrap_socket(client, server_side=True)
            except ssl.SSLError:
                continue
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def close(self):
        self.listener.close()

    def serve(self, client):
        with client:
            stream = client.makefile("rb")
            try:
                while self.one(client, stream):
                    pass
            except OSError:
                pass

    def one(self, client, stream):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline()
            if not line:
                return False
            head += line
        length = int(re.search(rb"(?i)^content-length: (\d+)", head, re.M)[1])
        if login := re.search(rb"(?i)^authorization: basic (\S+)", head, re.M):
            self.logins.add(base64.b64decode(login[1]).decode())
        body = stream.read(length)
        what = None
        if b"INSERT" in head.split(b"\r\n")[0]:
            self.inserts += 1
            self.bodies.append(body)
            what = self.damage(self.inserts, body)
        if what and what not in ("cut", "lose"):
            client.sendall(f"HTTP/1.1 500 Error\r\nContent-Length: {len(what)}\r\n\r\n{what}".encode())
            return True
        with socket.create_connection(("127.0.0.1", self.server.http)) as onward:
            if what == "cut":
                onward.sendall(head + body[:length // 2])
                time.sleep(0.05)
                return False
            onward.sendall(head + body)
            answer = http.client.HTTPResponse(onward)
            answer.begin()
            said = answer.read()
        if what == "lose":
            return False
        client.sendall(f"HTTP/1.1 {answer.status} x\r\nContent-Length: {len(said)}\r\n\r\n".encode() + said)
        return True

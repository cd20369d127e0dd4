"""A private Postfix in a temporary folder: takes letters over STARTTLS and hands them on by LMTP."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tests.components import do_without, free_port, require
from tests.components.authority import Certificate

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = post.example
mydestination =
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = {domain}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp_port}
default_transport = error:no mail leaves this test
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
alias_maps =
local_recipient_maps =
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """One running instance; use as a context manager. `port` wants STARTTLS, only on 127.0.0.1."""

    def __init__(self, domain: str, lmtp_port: int, certificate: Certificate) -> None:
        self._program = require("postfix", "postfix")
        if os.geteuid() != 0:
            do_without("Postfix starts as root only")
        self.folder = Path(tempfile.mkdtemp(prefix="postfix-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.port = free_port()
        for name in ("conf", "queue", "data"):
            (self.folder / name).mkdir()
        os.chown(self.folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
        (self.folder / "conf" / "main.cf").write_text(
            _MAIN.format(
                folder=self.folder,
                domain=domain,
                lmtp_port=lmtp_port,
                certificate=certificate.certificate,
                key=certificate.key,
            )
        )
        (self.folder / "conf" / "master.cf").write_text(_MASTER.format(port=self.port))

    def __enter__(self) -> Self:
        self._run("start")
        deadline = time.monotonic() + 20
        while "daemon started" not in self.log():
            if time.monotonic() > deadline:
                raise RuntimeError("Postfix did not start:\n" + self.log())
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._run("stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """What it wrote."""
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def _run(self, what: str) -> None:
        with (self.folder / "output").open("ab") as output:
            subprocess.run(
                [self._program, "-c", str(self.folder / "conf"), what],
                stdout=output, stderr=output, check=False, timeout=60,
            )  # fmt: skip

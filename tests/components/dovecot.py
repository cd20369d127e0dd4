"""A private Dovecot in a temporary folder: TLS, users, Maildirs that can be filled at any time."""

import atexit
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable
from email.message import EmailMessage
from pathlib import Path

from tests.components import free_port, require
from tests.components.authority import Authority, Certificate

_CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
info_log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{folder}/mail/%u:LAYOUT=fs
first_valid_uid = 1
first_valid_gid = 0
disable_plaintext_auth = no
auth_failure_delay = 0 secs
ssl = {ssl}
ssl_cert = <{certificate}
ssl_key = <{key}
mail_max_userip_connections = 5000
mailbox_idle_check_interval = 1 secs
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  mailbox {sent} {{
    special_use = \\Sent
    auto = subscribe
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service imap {{
  client_limit = 100
  process_limit = 200
  service_count = 0
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
protocol imap {{
  rawlog_dir = {rawlog}
}}
{more}
"""


class Dovecot:
    """One running instance. `port` speaks TLS, `plain_port` does not; both only on 127.0.0.1.

    `more` is appended to the configuration; `sent` names the folder with the special use \\Sent ("" for
    none).
    """

    password = "correct horse"

    def __init__(
        self,
        users: Iterable[str] = ("ann",),
        *,
        sent: str = "Sent",
        certificate: Certificate | None = None,
        more: str = "",
        separator: str = "/",
    ) -> None:
        self._program = require("dovecot", "dovecot-imapd")
        self.folder = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.authority = Authority(self.folder / "ca")
        self.ca_file = self.authority.ca_file
        self.certificate = certificate or self.authority.issue("127.0.0.1", "localhost")
        self.port, self.plain_port = free_port(), free_port()
        self._sent, self._more, self._separator = sent, more, separator
        self._owner = self._mail_user()
        self._process: subprocess.Popen[bytes] | None = None
        self._delivered = 0
        self.add_users(*users)
        atexit.register(self.close)  # a script that fails leaves no server behind
        self.start()

    def add_users(self, *names: str) -> None:
        """Logins that all have `password`."""
        for folder in ("mail", "home"):
            for name in names:
                (self.folder / folder / name).mkdir(parents=True, exist_ok=True)
        with (self.folder / "users").open("a") as file:
            file.writelines(f"{name}:{{PLAIN}}{self.password}::::::\n" for name in names)
        self._own()

    def start(self) -> None:
        """Start and wait until it listens."""
        (self.folder / "dovecot.conf").write_text(self._configuration())
        self._own()
        log = (self.folder / "output").open("ab")
        self._process = subprocess.Popen(
            [self._program, "-F", "-c", str(self.folder / "dovecot.conf")], stdout=log, stderr=log
        )
        log.close()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if (self.folder / "log").exists() and "starting up" in (self.folder / "log").read_text():
                self._await_port()
                return
            time.sleep(0.02)
        raise RuntimeError("Dovecot did not start:\n" + self.log())

    def stop(self) -> None:
        """End it as an administrator does; clients are told BYE or simply lose their connections."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start on the same ports."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End it and remove everything."""
        atexit.unregister(self.close)
        self.kill()
        deadline = time.monotonic() + 10
        while self.folder.exists() and time.monotonic() < deadline:  # a dying child may still write
            shutil.rmtree(self.folder, ignore_errors=True)
            time.sleep(0.05)

    def log(self) -> str:
        """What it wrote."""
        return "".join(
            (self.folder / name).read_text(errors="replace")
            for name in ("output", "log")
            if (self.folder / name).exists()
        )

    def maildir(self, user: str, folder: str) -> Path:
        """The Maildir of a folder; INBOX is at the top."""
        top = self.folder / "mail" / user
        return top if folder == "INBOX" else top / folder

    def make_folder(self, user: str, folder: str) -> Path:
        """Create a folder as a Maildir."""
        path = self.maildir(user, folder)
        if not (path / "tmp").exists():
            for part in ("cur", "new", "tmp"):
                (path / part).mkdir(parents=True, exist_ok=True)
            self._own()
        return path

    def deliver(
        self, user: str, *messages: bytes, folder: str = "Sent", received: float | None = None
    ) -> None:
        """Put messages into a folder as a delivery agent does: unseen, INTERNALDATE `received` (epoch)."""
        path = self.make_folder(user, folder)
        when = time.time() if received is None else received
        for message in messages:
            self._delivered += 1
            name = f"{int(when)}.M{self._delivered:06d}P1.test,S={len(message)}"
            temporary = path / "tmp" / name
            temporary.write_bytes(message)
            os.utime(temporary, (when, when))
            os.chown(temporary, self._owner.pw_uid, self._owner.pw_gid)
            temporary.rename(path / "new" / name)

    def forget_numbers(self, user: str, folder: str = "Sent") -> None:
        """Remove Dovecot's own files of a folder: the next opening has a new UIDVALIDITY."""
        for path in self.maildir(user, folder).glob("dovecot*"):
            path.unlink()

    def _configuration(self) -> str:
        text = _CONFIGURATION.format(
            folder=self.folder,
            user=self._owner.pw_name,
            group="root" if self._owner.pw_uid == 0 else self._group(),
            uid=self._owner.pw_uid,
            gid=self._owner.pw_gid,
            ssl="yes",
            certificate=self.certificate.certificate,
            key=self.certificate.key,
            port=self.port,
            plain_port=self.plain_port,
            separator=self._separator,
            sent=self._sent or "Unused",
            rawlog="",
            more=self._more,
        )
        if not self._sent:
            text = text.replace("    special_use = \\Sent\n    auto = subscribe\n", "")
        return text.replace("protocol imap {\n  rawlog_dir = \n}\n", "")

    def _await_port(self) -> None:
        import socket

        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.plain_port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError("Dovecot does not listen:\n" + self.log())

    def _end(self, sign: signal.Signals) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        children = _descendants(process.pid)
        process.send_signal(sign)
        process.wait(10)
        for child in children:  # a killed master leaves its children behind
            try:
                os.kill(child, sign)
            except ProcessLookupError:
                continue
        (self.folder / "log").unlink(missing_ok=True)

    def _own(self) -> None:
        if os.geteuid() != 0:
            return
        for top in ("mail", "home"):
            for path in [self.folder / top, *(self.folder / top).rglob("*")]:
                with contextlib.suppress(FileNotFoundError):  # a lock that Dovecot removed meanwhile
                    os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def _group(self) -> str:
        import grp

        return grp.getgrgid(self._owner.pw_gid).gr_name

    @staticmethod
    def _mail_user() -> pwd.struct_passwd:
        """An unprivileged user for the mail; whoever runs the tests, unless that is root."""
        return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def _descendants(pid: int) -> list[int]:
    found = []
    for task in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = task.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(task.parent.name))
    return [*found, *(grandchild for child in found for grandchild in _descendants(child))]


def mail(
    number: int = 1,
    *,
    sender: str = "ann@ours.example",
    to: str = "bob@customer.example",
    subject: str = "Offer",
    text: str = "Dear Bob,\nhere is our offer.\nAnn\n",
    date: str = "Mon, 02 Nov 2026 10:00:00 +0000",
) -> bytes:
    """One message with CRLF line ends and a Message-ID of its own."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Date"] = sender, to, subject, date
    message["Message-ID"] = f"<{number}@ours.example>"
    message.set_content(text)
    return message.as_bytes().replace(b"\n", b"\r\n")

"""Runs a play inside a folder that holds a whole Debian root, through chroot(8).

The play prepares guest images: there is no machine yet to connect to. The inventory name is the folder's path; pseudo
file systems are the caller's business (see ansible/toolchain/rootfs.ts).
"""

from __future__ import annotations

import os
import shutil
import subprocess

from ansible.errors import AnsibleError
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
    name: berth_chroot
    short_description: run commands in a folder through chroot(8)
    description:
      - Runs commands and copies files inside a folder that holds a whole Debian root.
    author: Berth
    options:
      remote_addr:
        description: The folder.
        default: inventory_hostname
        vars:
          - name: inventory_hostname
          - name: ansible_host
"""


class Connection(ConnectionBase):
    """One folder; nothing is kept open between commands."""

    transport = "berth_chroot"
    has_pipelining = True
    has_tty = False

    def _connect(self):
        root = self._play_context.remote_addr
        if os.geteuid() != 0:
            raise AnsibleError("preparing a guest root needs root rights, as chroot(8) does")
        if not os.path.exists(os.path.join(root, "bin/sh")):
            raise AnsibleError(f"preparing a guest root: {root} holds no /bin/sh")
        super()._connect()
        self._connected = True
        return self

    def exec_command(self, cmd, in_data=None, sudoable=False):
        """Returns (exit code, output, error output), the last two as bytes."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        done = subprocess.run(
            ["chroot", self._play_context.remote_addr, "/bin/sh", "-c", cmd],
            input=in_data,
            stdin=subprocess.DEVNULL if in_data is None else None,
            capture_output=True,
            env=env,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def put_file(self, in_path, out_path):
        super().put_file(in_path, out_path)
        shutil.copyfile(in_path, self._inside(out_path))

    def fetch_file(self, in_path, out_path):
        super().fetch_file(in_path, out_path)
        shutil.copyfile(self._inside(in_path), out_path)

    def close(self):
        self._connected = False

    def _inside(self, path):
        root = os.path.realpath(self._play_context.remote_addr)
        full = os.path.realpath(os.path.join(root, path.lstrip("/")))
        if os.path.commonpath([root, full]) != root:
            raise AnsibleError(f"preparing a guest root: {path} leads out of {root}")
        return full

#!/usr/bin/env python3
"""Installs the servers that Thalweg is measured against, from their registries.

  install.py [--ursula]

Into build/bench-peers, at fixed versions; what is there stays. A peer whose registry or tool is not
there is skipped with a message, and the benches go on without it. `--ursula` adds one whose build
takes ten minutes.
"""

import argparse
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "build", "bench-peers")

# Folder, crate, version.
CRATES = [
    ("electric", "durable-streams", "0.1.5"),
    ("thesampaton", "durable-streams-server", "0.3.0"),
]
URSULA = ("ursula", "ursula", "0.11.5")
NODE = ("node", "@durable-streams/server", "0.3.7")


def folder_of(name):
    return os.path.join(FOLDER, name)


def done(name, version):
    try:
        with open(os.path.join(folder_of(name), "installed-version")) as stamp:
            return stamp.read() == version
    except FileNotFoundError:
        return False


def install(name, package, version, argv):
    """Runs `argv` in the peer's folder, and remembers that it came through."""
    if done(name, version):
        print(f"{package} {version}: there")
        return
    if shutil.which(argv[0]) is None:
        print(f"{package}: skipped, there is no {argv[0]}")
        return
    os.makedirs(folder_of(name), exist_ok=True)
    print(f"{package} {version}: {' '.join(argv)}", flush=True)
    log = os.path.join(folder_of(name), "install.log")
    with open(log, "w") as output:
        code = subprocess.call(argv, cwd=folder_of(name), stdout=output, stderr=output)
    if code != 0:
        print(f"{package}: skipped, its installation failed; {os.path.relpath(log, ROOT)} says why")
        return
    with open(os.path.join(folder_of(name), "installed-version"), "w") as stamp:
        stamp.write(version)


def install_crate(name, crate, version):
    argv = ["cargo", "install", "--locked", "--root", ".", f"{crate}@{version}"]
    install(name, crate, version, argv)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ursula", action="store_true", help="also the one that takes long")
    options = parser.parse_args()
    for crate in CRATES + ([URSULA] if options.ursula else []):
        install_crate(*crate)
    name, package, version = NODE
    argv = ["npm", "install", "--no-audit", "--no-fund", "--prefix", ".", f"{package}@{version}"]
    install(name, package, version, argv)


if __name__ == "__main__":
    main()

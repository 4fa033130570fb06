#!/usr/bin/env python3
"""Programs of others find, build and link Thalweg in every way that we promise.

  packaging_test.py BUILD_DIR     BUILD_DIR is configured and built; it is installed from

Each way builds consumer.cc, which uses nothing but public headers, and runs it.
"""

import os
import re
import subprocess
import sys
import tempfile
import shutil

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SECONDS_MAX = 600

# What the shared library may show: what public headers declare.
PUBLIC = re.compile(r"^(typeinfo|typeinfo name|vtable) for thalweg::|^thalweg::")


class Broken(Exception):
    """A command failed; what it said."""


def run(argv, **more):
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=SECONDS_MAX, **more,
    )  # fmt: skip
    if done.returncode != 0:
        raise Broken(f"$ {' '.join(argv)}\n{done.stdout}")
    return done.stdout


def expect(condition, what):
    if not condition:
        raise Broken(what)


def needed(program):
    """The shared libraries that `program` itself names."""
    return re.findall(r"NEEDED.*\[(.+)\]", run(["readelf", "-d", program]))


class Ways:
    """Every way, over one installed tree in a folder of its own."""

    def __init__(self, build, folder):
        self.folder = folder
        self.prefix = os.path.join(folder, "somewhere", "else")
        installed = os.path.join(folder, "installed")
        run(["cmake", "--install", build, "--prefix", installed])
        os.makedirs(os.path.dirname(self.prefix))
        shutil.move(installed, self.prefix)  # nothing in it knows where it was

    def path(self, *parts):
        return os.path.join(self.prefix, *parts)

    def lib_dir(self):
        found = run(["find", self.prefix, "-name", "libthalweg.a"]).split()
        expect(len(found) == 1, f"libthalweg.a: {found}")
        return os.path.dirname(found[0])

    def cmake(self, name, *definitions, targets):
        """Configures and builds the project `name`; where its programs are."""
        build = tempfile.mkdtemp(prefix=name + "-", dir=self.folder)
        launcher = shutil.which("ccache")
        if launcher:
            definitions += (f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}",)
            definitions += (f"-DCMAKE_C_COMPILER_LAUNCHER={launcher}",)
        run(["cmake", "-G", "Ninja", "-S", os.path.join(HERE, name), "-B", build, *definitions])
        run(["cmake", "--build", build, "--target", *targets])
        return build

    def check_consumer(self, program, shared, env=None):
        run([program, tempfile.mkdtemp(dir=self.folder)], env={**os.environ, **(env or {})})
        names = needed(program)
        expect(any("libthalweg" in name for name in names) == shared, f"{program} needs {names}")

    # --- the tests ---

    def headers_are_those_of_include(self):
        listed = {name for name in os.listdir(self.path("include", "thalweg"))}
        want = set(os.listdir(os.path.join(ROOT, "include", "thalweg")))
        expect(listed == want, f"installed {sorted(listed)}")
        expect(os.listdir(self.path("include")) == ["thalweg"], "more than thalweg/ in include/")

    def program_runs(self):
        expect(run([self.path("bin", "thalweg"), "--version"]).startswith("thalweg "), "--version")

    def shared_library_shows_the_public_api_alone(self):
        library = os.path.join(self.lib_dir(), "libthalweg.so")
        listing = run(["nm", "-DC", "--defined-only", "--format=just-symbols", library]).split("\n")
        foreign = [name for name in listing if name and not PUBLIC.match(name)]
        expect(not foreign, f"shows {foreign[:5]}")
        soname = re.search(r"SONAME.*\[(.+)\]", run(["readelf", "-d", library]))[1]
        expect(re.fullmatch(r"libthalweg\.so\.\d+\.\d+", soname), f"its soname is {soname}")

    def find_package_static(self):
        build = self.cmake(
            "installed", f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCOMPONENT=static",
            targets=["named", "plain"],
        )  # fmt: skip
        self.check_consumer(os.path.join(build, "named"), shared=False)
        self.check_consumer(os.path.join(build, "plain"), shared=False)

    def find_package_shared(self):
        build = self.cmake(
            "installed", f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCOMPONENT=shared",
            "-DBUILD_SHARED_LIBS=ON", targets=["named", "plain"],
        )  # fmt: skip
        self.check_consumer(os.path.join(build, "named"), shared=True)
        self.check_consumer(os.path.join(build, "plain"), shared=True)

    def pkg_config(self, name, *flags):
        # Of nothing else: who has the shared library alone has no -dev package of what it rests on.
        env = {**os.environ, "PKG_CONFIG_LIBDIR": os.path.join(self.lib_dir(), "pkgconfig")}
        said = run(["pkg-config", *flags, "--cflags", "--libs", "thalweg"], env=env).split()
        if "--static" in flags:
            said = ["-l:libthalweg.a" if flag == "-lthalweg" else flag for flag in said]
        program = os.path.join(self.folder, name)
        run(["c++", "-std=c++23", os.path.join(HERE, "consumer.cc"), "-o", program, *said])
        return program

    def pkg_config_static(self):
        self.check_consumer(self.pkg_config("pc-static", "--static"), shared=False)

    def pkg_config_shared(self):
        program = self.pkg_config("pc-shared")
        self.check_consumer(program, shared=True, env={"LD_LIBRARY_PATH": self.lib_dir()})

    def find_package_optional(self):
        build = tempfile.mkdtemp(prefix="optional-", dir=self.folder)
        run(
            ["cmake", "-G", "Ninja", "-S", os.path.join(HERE, "optional"), "-B", build,
             f"-DCMAKE_PREFIX_PATH={self.prefix}"],
            env={**os.environ, "PKG_CONFIG_LIBDIR": os.path.join(self.folder, "no")},
        )  # fmt: skip

    def add_subdirectory(self):
        # Without debug information, which names the folder and keeps ccache from helping.
        build = self.cmake(
            "subdirectory", f"-DTHALWEG_SOURCE={ROOT}", "-DCMAKE_BUILD_TYPE=Debug",
            "-DCMAKE_CXX_FLAGS_DEBUG=-O0", "-DCMAKE_C_FLAGS_DEBUG=-O0", targets=["plain"],
        )  # fmt: skip
        self.check_consumer(os.path.join(build, "plain"), shared=False)


TESTS = [
    Ways.headers_are_those_of_include,
    Ways.program_runs,
    Ways.shared_library_shows_the_public_api_alone,
    Ways.find_package_static,
    Ways.find_package_shared,
    Ways.find_package_optional,
    Ways.pkg_config_static,
    Ways.pkg_config_shared,
    Ways.add_subdirectory,
]


def main():
    failed = 0
    with tempfile.TemporaryDirectory(prefix="thalweg-embedding-") as folder:
        ways = Ways(os.path.abspath(sys.argv[1]), folder)
        for test in TESTS:
            try:
                test(ways)
                print(f"ok {test.__name__}", flush=True)
            except (Broken, subprocess.TimeoutExpired) as broken:
                failed += 1
                print(f"FAILED {test.__name__}\n{broken}", flush=True)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""What apt would install, asked of its own library in one process: a query a line, an answer a line.

    apt_answers.py STATUS CACHE MODE    (APT_CONFIG names the configuration; MODE is `true` with recommendations, else `false`)

A query is the names of packages; the answer is the names of all packages that
would be installed, or an empty line if apt would refuse. The calls are those of `apt-get install`: all that is named is marked
first, then with what it needs, and what does not fit together is resolved.
"""

import sys

import apt_pkg

apt_pkg.init_config()
apt_pkg.config.set("Dir::State::status", sys.argv[1])
apt_pkg.config.set("Dir::Cache", sys.argv[2])
apt_pkg.config.set("APT::Install-Recommends", sys.argv[3])
apt_pkg.init_system()
cache = apt_pkg.Cache(None)
marks = apt_pkg.DepCache(cache)
everything = list(cache.packages)


def answer(names):
    marks.init()
    try:
        packages = [cache[name] for name in names]
    except KeyError:
        return []
    fixer = apt_pkg.ProblemResolver(marks)
    for package in packages:
        marks.mark_install(package, False, True)
        fixer.clear(package)
        fixer.protect(package)
    for package in packages:
        marks.mark_install(package, True, True)
    try:
        if marks.broken_count:
            fixer.resolve(True)
    except apt_pkg.Error:
        # What apt-get says, too, before it refuses.
        return []
    if marks.broken_count:
        return []
    return sorted({package.name for package in everything if marks.marked_install(package)})


for line in sys.stdin:
    print(" ".join(answer(line.split())), flush=True)

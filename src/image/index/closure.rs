//! What `apt-get install` installs, by names alone: dependencies, recommendations, the first alternative that is there
//! or can be had. Versions were judged when the index was made; conflicts are not modelled. Compared with apt itself by
//! `tests/it/package_closure.rs`.

use super::{IndexName, PackageId, PackageSet, Suite};

/// What an installation makes of a set of packages.
#[derive(Clone, Debug, Default)]
pub struct Closure {
    /// All that is installed afterwards, what was there before included.
    pub packages: PackageSet,
    /// The new ones, in the order in which they were reached; those that were named come first.
    pub added: Vec<PackageId>,
    /// Packages that apt may have chosen instead, with what they need: where a dependency names something that several
    /// packages provide, apt's choice hangs on more than the index holds. Their commands are unknown, not absent. Holds
    /// nothing of `packages`.
    pub maybe: PackageSet,
    /// Names of packages that exist and of which no more is known: with one of them, any command may have come.
    pub listed: Vec<String>,
    /// Names that the suite does not have: "Unable to locate package".
    pub absent: Vec<String>,
    /// Names that several packages provide: "has no installation candidate".
    pub virtuals: Vec<String>,
}

impl Suite {
    /// Installs `names` (without architecture and version) on top of `already`, with or without recommendations.
    pub fn closure<S: AsRef<str>>(&self, names: &[S], recommends: bool, already: &PackageSet) -> Closure {
        let mut closure = Closure { packages: already.clone(), ..Closure::default() };
        let mut roots = Vec::new();
        for name in names {
            let name = name.as_ref();
            match self.package(name) {
                IndexName::Known(id) => roots.push(id),
                IndexName::Listed => closure.listed.push(name.to_owned()),
                IndexName::Absent => closure.absent.push(name.to_owned()),
                IndexName::Virtual(providers) => match providers.as_slice() {
                    [one] => roots.push(*one),
                    _ => closure.virtuals.push(name.to_owned()),
                },
            }
        }
        self.install(&roots, recommends, &mut closure);
        closure
    }

    fn install(&self, roots: &[PackageId], recommends: bool, closure: &mut Closure) {
        let mut doubtful = Vec::new();
        self.walk(roots, recommends, closure, &mut doubtful);
        // What might have been chosen instead, each on top of what is installed.
        let mut maybe = Closure { packages: closure.packages.clone(), ..Closure::default() };
        while let Some(package) = doubtful.pop() {
            if maybe.packages.contains(package) {
                continue;
            }
            let mut more = Vec::new();
            self.walk(&[package], recommends, &mut maybe, &mut more);
            doubtful.extend(more);
        }
        closure.listed.append(&mut maybe.listed);
        maybe.packages.subtract(&closure.packages);
        closure.maybe = maybe.packages;
    }

    /// Marks as apt does: all roots first, then depth first, hard dependencies before recommendations.
    fn walk(&self, roots: &[PackageId], recommends: bool, closure: &mut Closure, doubtful: &mut Vec<PackageId>) {
        let (graph, sets) = (self.graph(), self.sets());
        // Frames of packages whose groups are being satisfied, so that no dependency chain is too deep for the stack.
        struct Frame {
            package: PackageId,
            soft: bool,
            next: usize,
        }
        let enter = |package: PackageId, closure: &mut Closure| {
            let new = closure.packages.insert(package);
            if new {
                closure.added.push(package);
                if sets.opaque.contains(package) {
                    closure.listed.push(self.name(package).to_owned());
                }
            }
            new
        };
        let mut stack: Vec<Frame> = Vec::new();
        for &root in roots.iter().rev() {
            // A package that is installed already is not looked at again; named ones come before all they need.
            if !closure.packages.contains(root) {
                stack.push(Frame { package: root, soft: false, next: 0 });
            }
        }
        for &root in roots {
            enter(root, closure);
        }
        while let Some(frame) = stack.last_mut() {
            let row = if frame.soft { &graph.recommends } else { &graph.depends }.row(frame.package.0 as usize);
            let Some(&group) = row.get(frame.next) else {
                if recommends && !frame.soft {
                    (frame.soft, frame.next) = (true, 0);
                } else {
                    stack.pop();
                }
                continue;
            };
            frame.next += 1;
            let targets = graph.groups.row(group as usize);
            let providers =
                |target: u32| -> &[u32] { if target & 1 == 1 { graph.virtuals.row(target as usize / 2) } else { &[] } };
            let have = |target: u32| {
                if target & 1 == 0 {
                    closure.packages.contains(PackageId(target / 2))
                } else {
                    providers(target).iter().any(|&n| closure.packages.contains(PackageId(n)))
                }
            };
            if targets.iter().any(|&target| have(target)) {
                continue;
            }
            let Some(&first) = targets.first() else { continue };
            let chosen = if first & 1 == 0 { Some(first / 2) } else { providers(first).first().copied() };
            if targets.len() > 1 || first & 1 == 1 {
                for &target in targets {
                    let one = [target / 2];
                    let all = if target & 1 == 0 { &one } else { providers(target) };
                    doubtful.extend(all.iter().filter(|&&n| Some(n) != chosen).map(|&n| PackageId(n)));
                }
            }
            if let Some(chosen) = chosen.map(PackageId)
                && enter(chosen, closure)
            {
                stack.push(Frame { package: chosen, soft: false, next: 0 });
            }
        }
    }

    /// What `apt-get autoremove` takes: installed packages that no manually installed one needs or recommends, by any
    /// alternative. The base system counts as needed.
    pub fn unneeded(&self, installed: &PackageSet, manual: &PackageSet) -> PackageSet {
        let graph = self.graph();
        let mut kept: PackageSet = PackageSet::new();
        let mut queue: Vec<PackageId> =
            manual.iter().chain(self.base().iter()).filter(|p| installed.contains(*p)).collect();
        while let Some(package) = queue.pop() {
            if !kept.insert(package) {
                continue;
            }
            let rows = [graph.depends.row(package.0 as usize), graph.recommends.row(package.0 as usize)];
            for &target in rows.into_iter().flatten().flat_map(|&group| graph.groups.row(group as usize)) {
                let one = [target / 2];
                let all = if target & 1 == 0 { &one[..] } else { graph.virtuals.row(target as usize / 2) };
                queue
                    .extend(all.iter().map(|&n| PackageId(n)).filter(|p| installed.contains(*p) && !kept.contains(*p)));
            }
        }
        let mut unneeded = installed.clone();
        unneeded.subtract(&kept);
        unneeded
    }

    /// Installed packages that cannot stay without `removed`: those that depend on it and find no other alternative.
    /// `apt-get remove` takes them along.
    pub fn dependents(&self, removed: &PackageSet, installed: &PackageSet) -> PackageSet {
        let graph = self.graph();
        let mut gone = removed.clone();
        loop {
            let mut more = Vec::new();
            for package in installed.iter().filter(|p| !gone.contains(*p)) {
                let stays = |target: u32| {
                    let here = |n: u32| installed.contains(PackageId(n)) && !gone.contains(PackageId(n));
                    if target & 1 == 0 {
                        here(target / 2)
                    } else {
                        graph.virtuals.row(target as usize / 2).iter().any(|&n| here(n))
                    }
                };
                let was = |target: u32| {
                    let here = |n: u32| installed.contains(PackageId(n));
                    if target & 1 == 0 {
                        here(target / 2)
                    } else {
                        graph.virtuals.row(target as usize / 2).iter().any(|&n| here(n))
                    }
                };
                let broken = graph.depends.row(package.0 as usize).iter().any(|&group| {
                    let targets = graph.groups.row(group as usize);
                    targets.iter().any(|&t| was(t)) && !targets.iter().any(|&t| stays(t))
                });
                if broken {
                    more.push(package);
                }
            }
            if more.is_empty() {
                gone.subtract(removed);
                return gone;
            }
            gone.extend(more);
        }
    }
}

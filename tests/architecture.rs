//! The order of the modules, as `src/lib.rs` lists them from the ground up: a module may import only those above it in that
//! list, and no two files may need each other, within a module or across them.
//!
//! The graph is one of files. A path (`crate::…`, `super::…`, an imported name) is followed through re-exports to the file
//! that defines what it names, so a type that a `mod.rs` merely re-exports ties nobody to that `mod.rs`. A re-export itself
//! is not an import. Code under `#[cfg(test)]` and in files named `tests.rs` may import anything. Methods are found by
//! their type and not by a path, so a call of a method is not seen.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

/// A module by its path below the crate: `image::run::files`; the crate itself is empty.
type ModulePath = Vec<String>;

/// One source file.
#[derive(Default)]
struct Module {
    /// Relative to `src/`.
    file: String,
    /// Local name to the path that it stands for, as written.
    imports: BTreeMap<String, Vec<String>>,
    /// Paths that are imported with `*`.
    globs: Vec<Vec<String>>,
    /// Imports that are re-exports, by local name.
    exported: BTreeSet<String>,
    /// What is defined here.
    items: BTreeSet<String>,
    /// Every path of two and more parts in the code, with the line it is in.
    paths: BTreeSet<(Vec<String>, usize)>,
    /// Line of each import.
    lines: BTreeMap<String, usize>,
}

/// An import: the file, the line and what that line names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    to: String,
    line: usize,
    name: String,
}

#[derive(Default)]
struct Tree {
    modules: BTreeMap<ModulePath, Module>,
}

impl Tree {
    fn read(src: &Path) -> Tree {
        let mut tree = Tree::default();
        for path in rust_files(src) {
            let relative = path.strip_prefix(src).unwrap().to_str().unwrap().replace('\\', "/");
            if relative == "main.rs" || relative.ends_with("tests.rs") || relative.contains("/tests/") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            tree.modules.insert(module_path(&relative), Module::read(&relative, &text));
        }
        tree
    }

    /// The file that defines what a path names, seen from a module; `None` for what is not ours, and for a module as such.
    fn resolve(&self, from: &ModulePath, path: &[String], depth: usize) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        if depth > 16 {
            return None;
        }
        let start = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.clone(),
            "super" => from.split_last()?.1.to_vec(),
            name => return self.within(from, name, rest, depth),
        };
        self.follow(start, rest, depth)
    }

    /// Follows the rest of a path from a module on.
    fn follow(&self, module: ModulePath, rest: &[String], depth: usize) -> Option<Target> {
        match rest.split_first() {
            None => Some(Target::Module),
            Some((name, rest)) if name == "super" => self.follow(module.split_last()?.1.to_vec(), rest, depth),
            Some((name, rest)) => self.within(&module, name, rest, depth).or(Some(Target::Item(module))),
        }
    }

    /// Follows a path whose first name is looked up in a module.
    fn within(&self, module: &ModulePath, name: &str, rest: &[String], depth: usize) -> Option<Target> {
        let child: ModulePath = module.iter().cloned().chain([name.to_owned()]).collect();
        if self.modules.contains_key(&child) {
            return self.follow(child, rest, depth);
        }
        let here = self.modules.get(module)?;
        if here.items.contains(name) {
            return Some(Target::Item(module.clone()));
        }
        if let Some(path) = here.imports.get(name) {
            let whole: Vec<String> = path.iter().chain(rest).cloned().collect();
            return self.resolve(module, &whole, depth + 1);
        }
        here.globs.iter().find_map(|glob| {
            let whole: Vec<String> =
                glob.iter().cloned().chain([name.to_owned()]).chain(rest.iter().cloned()).collect();
            match self.resolve(module, &whole, depth + 1)? {
                Target::Item(at) if self.modules.get(&at).is_some_and(|m| m.items.contains(name)) => {
                    Some(Target::Item(at))
                }
                _ => None,
            }
        })
    }

    /// What each file imports, by file.
    fn edges(&self) -> BTreeMap<String, BTreeSet<Edge>> {
        let mut edges: BTreeMap<String, BTreeSet<Edge>> = BTreeMap::new();
        for (at, module) in &self.modules {
            let named = module.imports.iter().filter(|(name, _)| !module.exported.contains(*name));
            let named = named.map(|(name, path)| (path, module.lines.get(name).copied().unwrap_or(0)));
            let used = module.paths.iter().map(|(path, line)| (path, *line));
            let globs = module.globs.iter().map(|path| (path, 0));
            for (path, line) in named.chain(used).chain(globs) {
                let Some(Target::Item(to)) = self.resolve(at, path, 0) else { continue };
                let Some(to) = self.modules.get(&to) else { continue };
                if to.file != module.file {
                    let edge = Edge { to: to.file.clone(), line, name: path.join("::") };
                    edges.entry(module.file.clone()).or_default().insert(edge);
                }
            }
        }
        edges
    }
}

/// What a path comes to.
#[derive(Debug)]
enum Target {
    /// A module itself: importing its name ties to nothing yet.
    Module,
    /// Something that this module defines.
    Item(ModulePath),
}

impl Module {
    fn read(file: &str, text: &str) -> Module {
        let mut module = Module { file: file.to_owned(), ..Module::default() };
        let parsed = syn::parse_file(text).unwrap_or_else(|e| panic!("{file}: {e}"));
        module.take(&parsed.items);
        module
    }

    fn take(&mut self, items: &[syn::Item]) {
        for item in items.iter().filter(|item| !is_for_tests(item)) {
            match item {
                syn::Item::Use(it) => {
                    let exported = !matches!(it.vis, syn::Visibility::Inherited);
                    self.take_use(&it.tree, &mut Vec::new(), exported);
                    continue;
                }
                syn::Item::Mod(it) if it.content.is_none() => continue,
                _ => self.items.extend(name_of(item)),
            }
            take_paths(item.to_token_stream(), &mut self.paths);
        }
    }

    fn take_use(&mut self, tree: &syn::UseTree, above: &mut Vec<String>, exported: bool) {
        let add = |module: &mut Module, name: String, line: usize, path: Vec<String>| {
            if exported {
                module.exported.insert(name.clone());
            }
            module.lines.insert(name.clone(), line);
            module.imports.insert(name, path);
        };
        let joined = |above: &[String], last: &syn::Ident| above.iter().cloned().chain([last.to_string()]).collect();
        match tree {
            syn::UseTree::Path(it) => {
                above.push(it.ident.to_string());
                self.take_use(&it.tree, above, exported);
                above.pop();
            }
            syn::UseTree::Group(it) => it.items.iter().for_each(|tree| self.take_use(tree, above, exported)),
            syn::UseTree::Glob(_) => self.globs.push(above.clone()),
            syn::UseTree::Name(it) if it.ident == "self" => {
                let name = above.last().cloned().unwrap_or_default();
                add(self, name, it.ident.span().start().line, above.clone());
            }
            syn::UseTree::Name(it) => {
                add(self, it.ident.to_string(), it.ident.span().start().line, joined(above, &it.ident))
            }
            syn::UseTree::Rename(it) => {
                let path = if it.ident == "self" { above.clone() } else { joined(above, &it.ident) };
                add(self, it.rename.to_string(), it.ident.span().start().line, path);
            }
        }
    }
}

/// True if an item is compiled for tests only.
fn is_for_tests(item: &syn::Item) -> bool {
    let attributes = match item {
        syn::Item::Mod(it) => &it.attrs,
        syn::Item::Use(it) => &it.attrs,
        syn::Item::Fn(it) => &it.attrs,
        syn::Item::Impl(it) => &it.attrs,
        syn::Item::Const(it) => &it.attrs,
        syn::Item::Static(it) => &it.attrs,
        _ => return false,
    };
    attributes.iter().any(|a| a.path().is_ident("cfg") && a.to_token_stream().to_string().contains("test"))
}

fn name_of(item: &syn::Item) -> Option<String> {
    Some(match item {
        syn::Item::Const(it) => it.ident.to_string(),
        syn::Item::Enum(it) => it.ident.to_string(),
        syn::Item::Fn(it) => it.sig.ident.to_string(),
        syn::Item::Macro(it) => it.ident.as_ref()?.to_string(),
        syn::Item::Mod(it) => it.ident.to_string(),
        syn::Item::Static(it) => it.ident.to_string(),
        syn::Item::Struct(it) => it.ident.to_string(),
        syn::Item::Trait(it) => it.ident.to_string(),
        syn::Item::Type(it) => it.ident.to_string(),
        _ => return None,
    })
}

/// Every `a::b::c` of a piece of code, inside macros too.
fn take_paths(tokens: TokenStream, paths: &mut BTreeSet<(Vec<String>, usize)>) {
    let mut path: Vec<String> = Vec::new();
    let mut line = 0;
    let mut colons = 0;
    let mut end = |path: &mut Vec<String>, line: usize| {
        if path.len() > 1 {
            paths.insert((std::mem::take(path), line));
        }
        path.clear();
    };
    let mut inner = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(it) => {
                if colons != 2 {
                    end(&mut path, line);
                    line = it.span().start().line;
                }
                path.push(it.to_string());
                colons = 0;
            }
            TokenTree::Punct(it) if it.as_char() == ':' => colons += 1,
            TokenTree::Group(it) => {
                inner.push(it.stream());
                colons = 0;
                end(&mut path, line);
            }
            _ => {
                colons = 0;
                end(&mut path, line);
            }
        }
    }
    end(&mut path, line);
    inner.into_iter().for_each(|tokens| take_paths(tokens, paths));
}

fn module_path(relative: &str) -> ModulePath {
    let stem = relative.trim_end_matches(".rs").trim_end_matches("/mod");
    if stem == "lib" { Vec::new() } else { stem.split('/').map(str::to_owned).collect() }
}

fn top(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The modules in the order in which `lib.rs` declares them.
fn order(src: &Path) -> Vec<String> {
    let lib = syn::parse_file(&fs::read_to_string(src.join("lib.rs")).unwrap()).unwrap();
    let declared = lib.items.iter().filter_map(|item| match item {
        syn::Item::Mod(it) if it.content.is_none() => Some(it.ident.to_string()),
        _ => None,
    });
    declared.collect()
}

/// Groups of files that need each other, each with the imports that tie it.
fn cycles(edges: &BTreeMap<String, BTreeSet<Edge>>) -> Vec<String> {
    let reaches = |from: &str| -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut next = vec![from.to_owned()];
        while let Some(file) = next.pop() {
            for edge in edges.get(&file).into_iter().flatten() {
                if seen.insert(edge.to.clone()) {
                    next.push(edge.to.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<String>> = edges.keys().map(|f| (f.as_str(), reaches(f))).collect();
    let mut groups: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    for (file, below) in &reached {
        if below.contains(*file) {
            let both = |other: &&str| below.contains(*other) && reached.get(*other).is_some_and(|r| r.contains(*file));
            groups.insert(reached.keys().copied().filter(both).collect());
        }
    }
    let describe = |group: BTreeSet<&str>| {
        // One import for each pair of files is enough to find the tie.
        let mut ties: BTreeMap<(&str, &str), &Edge> = BTreeMap::new();
        for file in &group {
            for edge in edges.get(*file).into_iter().flatten().filter(|edge| group.contains(edge.to.as_str())) {
                ties.entry((*file, edge.to.as_str())).or_insert(edge);
            }
        }
        let inside = ties
            .into_iter()
            .map(|((file, to), edge)| format!("    src/{file}:{} imports {} from src/{to}", edge.line, edge.name));
        let files: Vec<&str> = group.iter().copied().collect();
        format!("these files need each other: {}\n{}", files.join(", "), inside.collect::<Vec<_>>().join("\n"))
    };
    groups.into_iter().map(describe).collect()
}

/// The source files, read once.
fn tree() -> &'static Tree {
    static TREE: LazyLock<Tree> = LazyLock::new(|| Tree::read(&src()));
    &TREE
}

fn src() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("src")
}

#[test]
fn no_two_files_need_each_other() {
    let found = cycles(&tree().edges());
    assert!(
        found.is_empty(),
        "cut each circle: move what both sides need into a file below them\n{}",
        found.join("\n")
    );
}

#[test]
fn imports_follow_the_order_of_lib_rs() {
    let order = order(&src());
    let place = |file: &str| order.iter().position(|module| module == top(file));
    let mut wrong = Vec::new();
    for (file, edges) in tree().edges() {
        let Some(from) = place(&file) else {
            assert!(file == "lib.rs", "src/{file} belongs to no module that src/lib.rs declares");
            continue;
        };
        for edge in edges {
            if place(&edge.to).is_none_or(|to| to > from) {
                let (below, above) = (top(&file), top(&edge.to));
                wrong.push(format!(
                    "src/{file}:{} imports {} from src/{}, but `{below}` is below `{above}` in src/lib.rs",
                    edge.line, edge.name, edge.to
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Crates that one module alone may name.
#[test]
fn borrowed_crates_stay_behind_their_modules() {
    let only = [
        ("shuck_ast", "shell"),
        ("shuck_parser", "shell"),
        ("miette", "report"),
        ("granit_parser", "yaml"),
        ("clap", "cli"),
        ("clap_complete", "cli"),
        ("clap_mangen", "cli"),
        ("lsp_server", "lsp"),
        ("lsp_types", "lsp"),
    ];
    let mut wrong = Vec::new();
    for module in tree().modules.values() {
        let imports = module.imports.values().map(|path| (path, 0));
        for (path, line) in imports.chain(module.paths.iter().map(|(path, line)| (path, *line))) {
            let owner = only.iter().find(|(name, _)| path.first().is_some_and(|first| first == name));
            if let Some((name, owner)) = owner
                && top(&module.file) != *owner
            {
                wrong.push(format!("src/{}:{line} names `{name}`, which only `{owner}` may", module.file));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every read of a file goes through `files`, which bounds it and records it for the project that asked.
#[test]
fn only_files_opens_files() {
    // The writers, and what concerns the terminal's side: a baseline to append, whether a watched file changed.
    let may = ["files/mod.rs", "files/discover.rs", "lint/fix/write.rs"];
    let reads = ["read", "read_to_string", "read_dir", "File", "canonicalize"];
    let mut wrong = Vec::new();
    for module in tree().modules.values().filter(|module| !may.contains(&module.file.as_str())) {
        let imports = module.imports.iter().map(|(name, path)| (path, module.lines.get(name).copied().unwrap_or(0)));
        for (path, line) in imports.chain(module.paths.iter().map(|(path, line)| (path, *line))) {
            if path.windows(2).any(|pair| pair[0] == "fs" && reads.contains(&pair[1].as_str())) {
                wrong.push(format!("src/{}:{line} names {}; ask `files` instead", module.file, path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

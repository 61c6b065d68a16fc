//! One source file, and the paths that it names.

use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A file of the project: its path from the root with `/`, and its text.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Every Rust file below `folder` of the project.
    pub(super) fn read_all(folder: &str) -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut sources = Vec::new();
        let mut folders = vec![root.join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                    sources.push(Self { path: name, text: fs::read_to_string(&path).unwrap() });
                }
            }
        }
        sources.sort_by(|left, right| left.path.cmp(&right.path));
        sources
    }

    /// The room that the file belongs to: the first segment below `src`.
    pub(super) fn room(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        below.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// Every path of the file, and every lone word, macros and groups of `use` included. Paths into this package
    /// are written from its root: `crate::room::…`.
    pub(super) fn paths(&self) -> Vec<Vec<String>> {
        let tokens: TokenStream = self.text.parse().unwrap_or_else(|error| panic!("{}: {error}", self.path));
        let mut paths = Vec::new();
        scan(tokens, &self.module(), &mut paths);
        paths
    }

    /// What only one system knows and is named outside every `#[cfg]`.
    pub(super) fn unconditional_system_calls(&self) -> Vec<String> {
        let tokens: TokenStream = self.text.parse().unwrap_or_else(|error| panic!("{}: {error}", self.path));
        let mut found = Vec::new();
        find_unconditional(tokens, &mut found);
        found
    }

    fn module(&self) -> Vec<String> {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path).trim_end_matches(".rs");
        let segments = below.split('/').filter(|segment| !["mod", "lib", "main"].contains(segment));
        segments.map(str::to_owned).collect()
    }
}

/// An item or statement after `#[cfg(…)]` is left out, to its `;` or its block.
fn find_unconditional(tokens: TokenStream, found: &mut Vec<String>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut is_conditional = false;
    for (at, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Group(group) if at > 0 && is_punct(trees.get(at - 1), '#') => {
                let attribute: String = group.stream().to_string().split_whitespace().collect();
                is_conditional |= attribute.starts_with("cfg(");
            }
            TokenTree::Group(group) if is_conditional => is_conditional = group.delimiter() != Delimiter::Brace,
            TokenTree::Group(group) => find_unconditional(group.stream(), found),
            TokenTree::Punct(punct) if punct.as_char() == ';' => is_conditional = false,
            TokenTree::Ident(word) if !is_conditional && word == "rustix" => found.push(word.to_string()),
            TokenTree::Ident(word) if !is_conditional && word == "os" => {
                let before = at.checked_sub(3).and_then(|before| trees.get(before));
                if matches!(before, Some(TokenTree::Ident(root)) if root == "std") {
                    found.push(String::from("std::os"));
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn scan(tokens: TokenStream, module: &[String], paths: &mut Vec<Vec<String>>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < trees.len() {
        match &trees[at..] {
            [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Group(body), ..] if word == "mod" => {
                let inner: Vec<String> = module.iter().cloned().chain([name.to_string()]).collect();
                scan(body.stream(), &inner, paths);
                at += 3;
            }
            [TokenTree::Ident(_), ..] => {
                let mut found = Vec::new();
                at = follow(Vec::new(), &trees, at, &mut found);
                paths.extend(found.into_iter().map(|path| from_the_root(path, module)));
            }
            [TokenTree::Group(body), ..] => {
                scan(body.stream(), module, paths);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Reads the path that starts at `at`, and all its endings when it ends in a group; returns where it stopped.
fn follow(mut path: Vec<String>, trees: &[TokenTree], mut at: usize, found: &mut Vec<Vec<String>>) -> usize {
    loop {
        match trees.get(at) {
            Some(TokenTree::Ident(segment)) => path.push(segment.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace && !path.is_empty() => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                for part in inner.split(|tree| is_punct(Some(tree), ',')).filter(|part| !part.is_empty()) {
                    follow(path.clone(), part, 0, found);
                }
                return at + 1;
            }
            _ => break,
        }
        at += 1;
        if !(is_punct(trees.get(at), ':') && is_punct(trees.get(at + 1), ':')) {
            break;
        }
        at += 2;
    }
    found.push(path);
    at
}

fn is_punct(tree: Option<&TokenTree>, character: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

fn from_the_root(path: Vec<String>, module: &[String]) -> Vec<String> {
    let steps_up = path.iter().take_while(|segment| *segment == "super").count();
    let start = match path[0].as_str() {
        "crate" | "moncomptepro" if path.len() > 1 => {
            return ["crate".to_owned()].into_iter().chain(path.into_iter().skip(1)).collect();
        }
        "self" if path.len() > 1 => module.len(),
        "super" => module.len().saturating_sub(steps_up),
        _ => return path,
    };
    let rest = path.into_iter().skip_while(|segment| segment == "super" || segment == "self");
    ["crate".to_owned()].into_iter().chain(module[..start].iter().cloned()).chain(rest).collect()
}

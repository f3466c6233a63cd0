//! Names of packages, symbols and files as numbers: owners are compared and hashed by the million.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::model::Detail;

/// A name; [`NONE`] is none.
pub(super) type NameId = u32;

/// No name.
pub(super) const NONE: NameId = u32::MAX;

/// Each name once.
#[derive(Debug)]
pub(super) struct Names {
    detail: Detail,
    all: Vec<Arc<[u8]>>,
    ids: FxHashMap<Arc<[u8]>, NameId>,
}

impl Names {
    pub(super) fn new(detail: Detail) -> Names {
        Names {
            detail,
            all: Vec::new(),
            ids: FxHashMap::default(),
        }
    }

    pub(super) fn detail(&self) -> Detail {
        self.detail
    }

    /// The id of a name.
    pub(super) fn name(&mut self, name: &[u8]) -> NameId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = self.all.len() as NameId;
        let name: Arc<[u8]> = name.into();
        self.all.push(name.clone());
        self.ids.insert(name, id);
        id
    }

    /// The bytes of a name, empty for [`NONE`].
    pub(super) fn text(&self, id: NameId) -> &[u8] {
        self.all.get(id as usize).map_or(&[], |n| n)
    }

    /// All names as text, by id.
    pub(super) fn texts(&self) -> Vec<String> {
        let text = |n: &Arc<[u8]>| String::from_utf8_lossy(n).into_owned();
        self.all.iter().map(text).collect()
    }

    /// A symbol's name, where the rows are to have symbols.
    pub(super) fn symbol(&mut self, name: &[u8]) -> NameId {
        if self.detail == Detail::Symbol && !name.is_empty() {
            self.name(name)
        } else {
            NONE
        }
    }

    /// A source file's name, where the rows are to have files.
    pub(super) fn file(&mut self, name: &[u8]) -> NameId {
        if self.detail == Detail::File && !name.is_empty() {
            self.name(name)
        } else {
            NONE
        }
    }
}

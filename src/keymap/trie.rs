//! Key sequences as a tree: one step per chord.

use std::collections::BTreeMap;

use super::chord::Chord;

/// A tree of sequences, each with a value at its end.
#[derive(Clone, Debug)]
pub struct Trie<V> {
    value: Option<V>,
    next: BTreeMap<Chord, Trie<V>>,
}

impl<V> Default for Trie<V> {
    fn default() -> Self {
        Self { value: None, next: BTreeMap::new() }
    }
}

impl<V> Trie<V> {
    /// Puts a value at the end of a sequence; what stood there before is forgotten.
    pub fn insert(&mut self, keys: &[Chord], value: V) {
        match keys {
            [] => self.value = Some(value),
            [first, rest @ ..] => self.next.entry(*first).or_default().insert(rest, value),
        }
    }

    /// The tree behind these keys.
    pub fn at(&self, keys: &[Chord]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.next.get(key))
    }

    /// What these very keys are bound to.
    pub const fn value(&self) -> Option<&V> {
        self.value.as_ref()
    }

    /// Which keys can come next.
    pub fn next(&self) -> impl Iterator<Item = (&Chord, &Self)> {
        self.next.iter()
    }

    /// Every value in the tree.
    pub fn values(&self) -> Vec<&V> {
        self.value.iter().chain(self.next.values().flat_map(Self::values)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_to_their_value_and_prefixes_to_a_branch() {
        let seq = |t| Chord::sequence(t).unwrap();
        let mut trie = Trie::default();
        trie.insert(&seq("gg"), 1);
        trie.insert(&seq("gx"), 2);
        trie.insert(&seq("j"), 3);
        assert_eq!(trie.at(&seq("gg")).and_then(Trie::value), Some(&1));
        let g = trie.at(&seq("g")).unwrap();
        assert_eq!((g.value(), g.next().count()), (None, 2));
        assert!(trie.at(&seq("gq")).is_none());
        assert_eq!(trie.values(), [&1, &2, &3]);
    }
}

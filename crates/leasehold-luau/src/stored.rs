//! What is kept under a key: a tree, and what its adapter says of it, worked out once when it is
//! written, as nothing but a machine can tell.

use crate::guid::Guid;
use crate::value::{Tree, Unfit};
use leasehold_sim::library::{CallKind, Holdings, Item, JobId, Receipt, View};
use mlua::{Function, Value};
use std::sync::Arc;

/// A stored value; shared, as it is copied wherever it goes.
#[derive(Clone, Debug)]
pub struct Stored(pub(crate) Arc<Kept>);

#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) tree: Tree,
    pub(crate) view: Option<View>,
    /// How its owner is named, if that is no name that was made here.
    name: Option<Name>,
    pub(crate) holdings: Holdings,
    pub(crate) size: u64,
}

/// A name that a module has made by itself, such as by random numbers: what tells it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name(u64);

/// Whose record it is, by what its adapter says.
enum Named {
    Nobody,
    /// Somebody's whose name was made here.
    Known(JobId, u32),
    /// Whoever has brought this name into the record.
    Own(Name),
}

/// What an adapter says of a value.
type Said = (Option<bool>, Value, Value, Option<f64>, Option<f64>, Option<f64>, Value);

impl Stored {
    /// A value that is about to be written, with what is to be beside it, where something was or
    /// nothing. A name of an owner's that was not there is the writer's, who is given a number.
    pub(crate) fn new(
        (value, metadata): (&Value, &Value),
        before: Option<&Stored>,
        describe: &Function,
        brings: impl FnOnce(Name) -> (JobId, u32),
    ) -> Result<Stored, Unfit> {
        let tree = Tree::of(value)?;
        let size = tree.size();
        let (mut view, mut holdings, mut name) = (None, Holdings::default(), None);
        let known = before.and_then(|before| before.0.name);
        let before = before.and_then(|before| before.0.view);
        let said: mlua::Result<Said> = describe.call((value, metadata));
        if let Ok((Some(true), owner, session, generation, commit, edits, data)) = said {
            let number = |number: f64| number.max(0.0) as u64;
            let was = before.and_then(|before| before.owner);
            let owner = match named(&owner, &session) {
                Named::Nobody => None,
                Named::Known(job, nth) => Some((job, nth)),
                Named::Own(own) => {
                    name = Some(own);
                    was.filter(|_| known == name).or_else(|| Some(brings(own)))
                }
            };
            let counted = || before.and_then(|before| before.generation).unwrap_or(0);
            // Whoever keeps no count is counted: each other owner is one more.
            let passed = u64::from(owner.is_some() && owner != was);
            view = Some(View {
                owner,
                generation: Some(generation.map_or_else(|| counted() + passed, number)),
                commit: commit.map(number),
                released: owner.is_none(),
                edits: edits.map_or(0, number),
            });
            match part(value, &tree, &data) {
                Some(data) => held(data, &mut holdings),
                None => {
                    if let Ok(data) = Tree::of(&data) {
                        held(&data, &mut holdings);
                    }
                }
            }
        }
        Ok(Stored(Arc::new(Kept { tree, view, name, holdings, size })))
    }

    /// A value of which nobody has said anything yet.
    pub(crate) fn plain(tree: Tree) -> Stored {
        let size = tree.size();
        let holdings = Holdings::default();
        Stored(Arc::new(Kept { tree, view: None, name: None, holdings, size }))
    }

    /// Damages it in one of four ways, which are those of the libraries in Rust as far as a tree
    /// tells: a value is another one in data that looks as good as any; the first of its fields is
    /// gone, or the third; it is no table at all.
    pub(crate) fn damage(&mut self, word: u32) {
        let (kept, way) = (Arc::make_mut(&mut self.0), word % 4);
        if way == 0 && kept.tree.flips() {
            // Whoever looks sees what was there before.
            kept.size = kept.tree.size();
            return;
        }
        match (&mut kept.tree, way) {
            (Tree::Map(map), 0..3) if !map.is_empty() => {
                map.remove([0, 0, 2][way as usize] % map.len());
            }
            _ => kept.tree = Tree::Bool(false),
        }
        // Until a machine has read it, nobody can tell what it is now.
        (kept.view, kept.name, kept.holdings) = (None, None, Holdings::default());
        kept.size = kept.tree.size();
    }
}

/// The part of a value's tree that a table is, if it is the value itself or a part of it: most
/// adapters return one of these.
fn part<'a>(value: &Value, tree: &'a Tree, of: &Value) -> Option<&'a Tree> {
    let (Value::Table(whole), Value::Table(of)) = (value, of) else { return None };
    if whole == of {
        return Some(tree);
    }
    let Tree::Map(map) = tree else { return None };
    let is = |name: &str| matches!(whole.raw_get(name), Ok(Value::Table(item)) if item == *of);
    map.iter().find(|(name, _)| is(name)).map(|(_, item)| item)
}

/// The owner that an adapter names: by the name of a process, by a GUID that one has made, or by
/// something else.
fn named(owner: &Value, session: &Value) -> Named {
    let text = |value: &Value| match value {
        Value::String(text) => text.to_str().ok().map(|text| text.to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        _ => None,
    };
    let Some(owner) = text(owner) else { return Named::Nobody };
    let session = text(session);
    let Some(guid) = Guid::within(&owner) else {
        let parts = [owner.as_bytes(), &[0], session.as_deref().unwrap_or_default().as_bytes()];
        return Named::Own(Name(hash(&parts.concat())));
    };
    let session = session.unwrap_or(owner);
    let other = || hash(session.as_bytes()) as u32;
    Named::Known(guid.job, Guid::within(&session).map_or_else(other, |guid| guid.nth))
}

/// FNV-1a.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// What data holds, in order: by the names that the changes of the world use.
pub(crate) fn held(data: &Tree, out: &mut Holdings) {
    let whole = |tree: &Tree| match tree {
        Tree::Number(number) => Some(*number as u32),
        _ => None,
    };
    if let Some(Tree::Map(items)) = data.at("Inventory") {
        for (name, count) in items {
            let item = name.strip_prefix('i').and_then(|number| number.parse().ok()).map(Item);
            let count = whole(count).unwrap_or(0) as usize;
            out.items.extend(item.into_iter().flat_map(|item| std::iter::repeat_n(item, count)));
        }
        out.items.sort_unstable();
    }
    if let Some(Tree::List(receipts)) = data.at("Receipts") {
        out.receipts.extend(receipts.iter().filter_map(whole).map(Receipt));
        out.receipts.sort_unstable();
    }
    out.last_grant = data.at("LastGrant").and_then(whole).unwrap_or(0);
}

/// What a write turns out to be for, if that is another thing than was thought when its call was
/// sent: by who had the record before and who has it after. `granted` is whether its session had
/// been granted then.
pub(crate) fn turned_out(
    guess: CallKind,
    granted: bool,
    me: JobId,
    before: Option<&View>,
    after: Option<&View>,
) -> Option<CallKind> {
    let (was, is) = (before.and_then(|view| view.owner), after.and_then(|view| view.owner));
    let mine = |owner: Option<(JobId, u32)>| owner.is_some_and(|(job, _)| job == me);
    let kind = match (mine(was), mine(is)) {
        (true, false) if is.is_none() => CallKind::Release,
        // Whoever takes what nobody has acquires it, and so does whose start is under way.
        (_, true) if was != is && (was.is_none() || !granted) => CallKind::Acquire,
        // A save that was put off until its session had been asked to end.
        (true, true) if was == is && guess == CallKind::Release => CallKind::Save,
        _ => guess,
    };
    (kind != guess).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: JobId = JobId(1);

    fn view(owner: Option<(u32, u32)>) -> View {
        let owner = owner.map(|(job, session)| (JobId(job), session));
        let released = owner.is_none();
        View { owner, generation: Some(1), commit: None, released, edits: 0 }
    }

    #[test]
    fn what_a_write_is_for_shows_in_who_has_the_record_after_it() {
        let (none, mine, again, other) =
            (view(None), view(Some((1, 1))), view(Some((1, 2))), view(Some((2, 1))));
        use CallKind::{Acquire, Message, Release, Save};
        for (guess, granted, before, after, kind) in [
            (Acquire, false, &none, &mine, None),
            (Acquire, false, &other, &other, None),
            // A start that was cancelled after it had won gives back what it won.
            (Acquire, false, &mine, &none, Some(Release)),
            (Save, true, &mine, &mine, None),
            (Release, true, &none, &mine, Some(Acquire)),
            (Save, true, &mine, &none, Some(Release)),
            // A save that takes another's record is a save.
            (Save, true, &other, &mine, None),
            (Release, true, &other, &other, None),
            (Release, true, &mine, &mine, Some(Save)),
            (Message, false, &other, &other, None),
            (Acquire, false, &mine, &again, None),
            (Message, false, &none, &mine, Some(Acquire)),
        ] {
            assert_eq!(turned_out(guess, granted, ME, Some(before), Some(after)), kind);
        }
    }

    #[test]
    fn damage_is_a_value_a_field_or_all_of_it_and_only_a_value_does_not_show() {
        let whole = r#"{"Data":{"Edits":3},"GlobalUpdates":[],"MetaData":{"b":1},"X":1}"#;
        for (word, left) in [
            (4, r#"{"Data":{"Coins":1,"Edits":3},"GlobalUpdates":[],"MetaData":{"b":1},"X":1}"#),
            (5, r#"{"GlobalUpdates":[],"MetaData":{"b":1},"X":1}"#),
            (6, r#"{"Data":{"Edits":3},"GlobalUpdates":[],"X":1}"#),
            (7, "false"),
        ] {
            let mut stored = Stored::plain(Tree::parse(whole).expect("it is JSON"));
            Arc::make_mut(&mut stored.0).view = Some(view(None));
            stored.damage(word);
            assert_eq!(stored.0.tree, Tree::parse(left).expect("it is JSON"), "{word}");
            assert_eq!(stored.0.size, left.len() as u64, "{word}");
            assert_eq!(stored.0.view.is_some(), word == 4, "{word}");
        }
        let mut other = Stored::plain(Tree::parse(r#"{"name":1}"#).expect("it is JSON"));
        other.damage(0);
        assert_eq!(other.0.tree, Tree::Map(Vec::new()), "there is no data in it");
    }

    #[test]
    fn what_data_holds_is_in_order() {
        let json = r#"{"Inventory":{"i10":1,"i2":1,"i3":0,"x":1},"Receipts":[4,2],"LastGrant":9}"#;
        let mut holdings = Holdings::default();
        held(&Tree::parse(json).expect("it is JSON"), &mut holdings);
        assert_eq!(holdings.items, [Item(2), Item(10)]);
        assert_eq!(holdings.receipts, [Receipt(2), Receipt(4)]);
        assert_eq!(holdings.last_grant, 9);
    }
}

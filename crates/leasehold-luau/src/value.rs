//! Values, out of a machine and into it: trees, as a datastore keeps them.
//!
//! A dictionary's order is by name, whatever the order in a table was: so what one machine reads is
//! the same, down to the order of its tables, whichever machine wrote it.

use mlua::{IntoLua, Lua, Table, Value};
use std::fmt;
use std::sync::Arc;

/// A value that can be stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// Nothing.
    Nil,
    /// True or false.
    Bool(bool),
    /// A number that is one, and finite.
    Number(f64),
    /// A text.
    Text(Arc<str>),
    /// A list; an empty table is one, too.
    List(Vec<Tree>),
    /// A dictionary, sorted by name.
    Map(Vec<(Arc<str>, Tree)>),
}

/// How deep tables may be in tables.
const DEPTH_MAX: u32 = 100;

/// A value that cannot be stored: why, as the engine says it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit(pub(crate) String);

fn unfit<T>(what: &str) -> Result<T, Unfit> {
    Err(Unfit(format!("104: Cannot store {what} in data store.")))
}

const NOT_TEXT: &str =
    "a string that is not valid UTF-8 (data stores can only accept valid UTF-8 characters)";

impl Tree {
    /// A value of a machine.
    pub(crate) fn of(value: &Value) -> Result<Tree, Unfit> {
        of_value(value, 0)
    }

    /// A value for a machine. What it takes of memory is found out by whatever asks for some next:
    /// under a limit each part of it would be made with care, which takes three times as long.
    pub(crate) fn to_lua(&self, lua: &Lua) -> mlua::Result<Value> {
        let limit = lua.set_memory_limit(0)?;
        let value = self.made(lua);
        lua.set_memory_limit(limit)?;
        value
    }

    fn made(&self, lua: &Lua) -> mlua::Result<Value> {
        Ok(match self {
            Tree::Nil => Value::Nil,
            Tree::Bool(is) => Value::Boolean(*is),
            Tree::Number(number) => Value::Number(*number),
            Tree::Text(text) => Value::String(lua.create_string(text.as_bytes())?),
            Tree::List(list) => Value::Table(lua.create_sequence_from(list.iter().map(Made))?),
            Tree::Map(map) => {
                let pairs = map.iter().map(|(name, item)| (&**name, Made(item)));
                Value::Table(lua.create_table_from(pairs)?)
            }
        })
    }

    /// What stands under a name.
    pub(crate) fn at(&self, name: &str) -> Option<&Tree> {
        let Tree::Map(map) = self else { return None };
        let nth = map.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        Some(&map[nth].1)
    }

    /// Changes a value that neither the world nor its owner looks at, in the first table that the
    /// world has counted its changes in. Says whether there is one.
    pub(crate) fn flips(&mut self) -> bool {
        let Tree::Map(map) = self else { return false };
        let at = |map: &[(Arc<str>, Tree)], name: &str| {
            map.binary_search_by(|(known, _)| (**known).cmp(name))
        };
        if at(map, "Edits").is_err() {
            return map.iter_mut().any(|(_, tree)| tree.flips());
        }
        match at(map, "Coins") {
            Ok(nth) => drop(map.remove(nth)),
            Err(nth) => map.insert(nth, ("Coins".into(), Tree::Number(1.0))),
        }
        true
    }

    /// How long it is as JSON, in bytes.
    pub fn size(&self) -> u64 {
        let quotes = |text: &str| 2 + text.bytes().map(escaped).sum::<u64>();
        match self {
            Tree::Nil => 4,
            Tree::Bool(is) => 5 - u64::from(*is),
            Tree::Number(number) => digits(*number),
            Tree::Text(text) => quotes(text),
            Tree::List(list) => {
                let items: u64 = list.iter().map(Tree::size).sum();
                2 + items + (list.len() as u64).saturating_sub(1)
            }
            Tree::Map(map) => {
                let pairs = map.iter().map(|(name, item)| quotes(name) + 1 + item.size());
                2 + pairs.sum::<u64>() + (map.len() as u64).saturating_sub(1)
            }
        }
    }

    /// Writes it as JSON.
    pub(crate) fn json(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        match self {
            Tree::Nil => out.write_str("null"),
            Tree::Bool(is) => write!(out, "{is}"),
            Tree::Number(number) => write!(out, "{number}"),
            Tree::Text(text) => quoted(text, out),
            Tree::List(list) => {
                out.write_char('[')?;
                for (item, nth) in list.iter().zip(0..) {
                    if nth > 0 {
                        out.write_char(',')?;
                    }
                    item.json(out)?;
                }
                out.write_char(']')
            }
            Tree::Map(map) => {
                out.write_char('{')?;
                for ((name, item), nth) in map.iter().zip(0..) {
                    if nth > 0 {
                        out.write_char(',')?;
                    }
                    quoted(name, out)?;
                    out.write_char(':')?;
                    item.json(out)?;
                }
                out.write_char('}')
            }
        }
    }

    /// Reads JSON.
    pub(crate) fn parse(text: &str) -> Result<Tree, serde_json::Error> {
        fn of(json: serde_json::Value) -> Tree {
            match json {
                serde_json::Value::Null => Tree::Nil,
                serde_json::Value::Bool(is) => Tree::Bool(is),
                serde_json::Value::Number(number) => Tree::Number(number.as_f64().unwrap_or(0.0)),
                serde_json::Value::String(text) => Tree::Text(text.into()),
                serde_json::Value::Array(list) => Tree::List(list.into_iter().map(of).collect()),
                serde_json::Value::Object(map) => {
                    let mut map: Vec<(Arc<str>, Tree)> =
                        map.into_iter().map(|(name, item)| (name.into(), of(item))).collect();
                    map.sort_by(|(one, _), (other, _)| one.cmp(other));
                    Tree::Map(map)
                }
            }
        }
        serde_json::from_str(text).map(of)
    }
}

/// A tree on its way into a machine.
struct Made<'a>(&'a Tree);

impl IntoLua for Made<'_> {
    fn into_lua(self, lua: &Lua) -> mlua::Result<Value> {
        self.0.made(lua)
    }
}

/// How many bytes a byte of a text is in JSON.
fn escaped(byte: u8) -> u64 {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

/// How long a number is as a text.
fn digits(number: f64) -> u64 {
    let whole = number as i64;
    if whole as f64 == number && whole != 0 && whole.unsigned_abs() < 1 << 53 {
        return u64::from(whole < 0) + u64::from(whole.unsigned_abs().ilog10()) + 1;
    }
    number.to_string().len() as u64
}

fn quoted(text: &str, out: &mut dyn fmt::Write) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            c if (c as u32) < 0x20 => write!(out, "\\u{:04x}", c as u32)?,
            c => out.write_char(c)?,
        }
    }
    out.write_char('"')
}

fn of_value(value: &Value, depth: u32) -> Result<Tree, Unfit> {
    Ok(match value {
        Value::Nil => Tree::Nil,
        Value::Boolean(is) => Tree::Bool(*is),
        Value::Integer(number) => Tree::Number(*number as f64),
        Value::Number(number) if number.is_finite() => Tree::Number(*number),
        Value::Number(number) => return unfit(&format!("the number {number}")),
        Value::String(text) => Tree::Text(text_of(text)?),
        Value::Table(table) => of_table(table, depth)?,
        Value::UserData(_) => return unfit("a thing of the engine"),
        other => return unfit(&format!("a {}", other.type_name())),
    })
}

fn text_of(text: &mlua::LuaString) -> Result<Arc<str>, Unfit> {
    match text.to_str() {
        Ok(text) => Ok(Arc::from(&*text)),
        Err(_) => unfit(NOT_TEXT),
    }
}

fn of_table(table: &Table, depth: u32) -> Result<Tree, Unfit> {
    if depth >= DEPTH_MAX {
        return unfit("tables that are in themselves, or too deep in each other");
    }
    let length = table.raw_len();
    let mut list = vec![None; length];
    let mut map = Vec::new();
    let mut wrong = None;
    let mut one = |name: Value, item: Value| {
        let nth = match &name {
            Value::Integer(nth) => usize::try_from(*nth).ok(),
            Value::Number(nth) if nth.fract() == 0.0 && *nth >= 1.0 => Some(*nth as usize),
            Value::String(name) => {
                map.push((text_of(name)?, of_value(&item, depth + 1)?));
                return Ok(());
            }
            _ => None,
        };
        match nth.and_then(|nth| list.get_mut(nth.wrapping_sub(1))) {
            Some(place) => *place = Some(of_value(&item, depth + 1)?),
            None => return unfit(MIXED),
        }
        Ok(())
    };
    let all = table.for_each(|name, item| {
        one(name, item).map_err(|unfit| {
            wrong = Some(unfit);
            mlua::Error::runtime("it does not fit")
        })
    });
    if let Err(error) = all {
        return Err(wrong.unwrap_or(Unfit(error.to_string())));
    }
    if map.is_empty() {
        return match list.into_iter().collect() {
            Some(list) => Ok(Tree::List(list)),
            None => unfit(MIXED),
        };
    }
    if length > 0 {
        return unfit(MIXED);
    }
    map.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(Tree::Map(map))
}

const MIXED: &str = "a table that is neither a list without holes nor a dictionary of strings";

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(source: &str) -> Result<String, Unfit> {
        let lua = Lua::new();
        let value: Value = lua.load(source).eval().expect(source);
        let tree = Tree::of(&value)?;
        let mut json = String::new();
        tree.json(&mut json).expect("it is a text");
        assert_eq!(tree.size(), json.len() as u64);
        let again = Tree::of(&tree.to_lua(&lua).expect("it fits")).expect("it was stored");
        assert_eq!(again, tree);
        Ok(json)
    }

    #[test]
    fn what_is_stored_is_json_with_its_names_in_order() {
        for (source, json) in [
            ("{b = 1, a = {2, 3}, c = {}}", r#"{"a":[2,3],"b":1,"c":[]}"#),
            ("'a\"\\n'", r#""a\"\n""#),
            ("1.5", "1.5"),
            ("{true, false}", "[true,false]"),
            ("{}", "[]"),
            ("{0, -0, -7, 10, 99, 100, -1e15, 2^53, 1e300, 0.1, -1.5e-7}", "x"),
            ("'\\1\\31\\127\\t\\r\\\\é'", "x"),
            ("1e15", "1000000000000000"),
        ] {
            // Of each, its size is that of its JSON; of some, that is spelled out.
            let stored = stored(source).expect(source);
            assert!(json == "x" || stored == json, "{source}: {stored}");
        }
    }

    #[test]
    fn what_the_engine_refuses_to_store_is_refused() {
        for source in [
            "print",
            "{1, nil, 3}",
            "{1, a = 2}",
            "{[1.5] = 2}",
            "{[true] = 2}",
            "0/0",
            "1/0",
            "'\\255'",
            "{['\\255'] = 1}",
            "newproxy(true)",
            "(function() local t = {} t.t = t return t end)()",
            "coroutine.create(print)",
        ] {
            assert!(stored(source).is_err(), "{source}");
        }
    }

    #[test]
    fn json_is_read_as_it_is_written() {
        let tree = Tree::parse(r#"{"b":[1,{"z":null}],"a":"x"}"#).expect("it is JSON");
        let mut json = String::new();
        tree.json(&mut json).expect("it is a text");
        assert_eq!(json, r#"{"a":"x","b":[1,{"z":null}]}"#);
        assert!(Tree::parse("{").is_err());
    }
}

//! What scripts can ask of the host: functions in one table, which only the parts of Roblox see.

use crate::guid::Guid;
use crate::module::Letter;
use crate::modules::{Modules, shim};
use crate::places::USER_IDS;
use crate::shared::{Fate, Pending, Shared};
use crate::source::Setting;
use crate::stored::{Stored, hash};
use crate::value::Tree;
use crate::words;
use leasehold_sim::cause::{Cause, Class};
use leasehold_sim::library::{
    CallKind, Effect, Key, KeyLabels, Labels, Notice, Op, Request, RequestType, Seat, Topic,
    Version,
};
use mlua::chunk::ChunkMode;
use mlua::{Function, IntoLuaMulti, Lua, Table, Value};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

macro_rules! complaints {
    ($($id:ident = $name:literal, $class:ident, $words:literal;)*) => {
        $(pub(crate) static $id: Cause = Cause::new($name, Class::$class, $words);)*

        /// All of them.
        const COMPLAINTS: &[&Cause] = &[$(&$id),*];
    };
}

complaints! {
    ERROR = "an error", Failed, "code of the module has failed, and nothing caught that";
    REFUSED = "a refused call", Failed, "a call was not made, as it made no sense";
    UNFIT = "a value that cannot be stored", Failed, "something was to be stored that cannot be";
    YIELD = "a yield in a transform", Failed, "a transform has waited, which none may";
    MISSING = "not there", Failed, "something was asked for that is not there";
    ADAPTER = "a broken adapter", Failed, "the adapter did not keep to what it is to do";
    STEPS = "too many steps", Limit, "code of the module went on for ever";
    MEMORY = "too much memory", Limit, "the module has filled its server's memory";
}

/// What a script's error says, without where it was caught.
pub(crate) fn words(error: &mlua::Error) -> String {
    match error {
        mlua::Error::CallbackError { cause, .. } => words(cause),
        mlua::Error::RuntimeError(words) => words.clone(),
        other => other.to_string(),
    }
}

/// A complaint in a line: what, and where from the innermost function on. The shim's own lines say
/// nothing to whoever has written a module.
pub(crate) fn told(what: &str, trace: &str) -> String {
    let own = shim("");
    let lines = trace.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.filter(|line| !line.starts_with(&own)).collect();
    let what = what.lines().next().unwrap_or_default();
    if lines.is_empty() { what.to_owned() } else { format!("{what} (at {})", lines.join(" < ")) }
}

fn seat_of(seat: Option<&Table>) -> Option<Seat> {
    seat.and_then(|seat| seat.raw_get("seat").ok()).map(Seat)
}

/// Makes the table of all that scripts can ask.
pub(crate) fn table(lua: &Lua, shared: &Rc<Shared>) -> mlua::Result<Table> {
    let host = lua.create_table()?;
    constants(lua, &host, shared)?;
    words_of(lua, &host, shared)?;
    calls_of(lua, &host, shared)?;
    messages_of(lua, &host, shared)?;
    values_of(lua, &host, shared)?;
    Ok(host)
}

fn constants(lua: &Lua, host: &Table, shared: &Rc<Shared>) -> mlua::Result<()> {
    let code = &shared.modules.code;
    host.raw_set("frame_us", code.frame_us)?;
    host.raw_set("beat_us", code.beat_us as f64)?;
    host.raw_set("job", Modules::job_name(shared.job, shared.random))?;
    host.raw_set("user_ids", USER_IDS)?;
    host.raw_set("seed", (shared.random >> 33) as f64)?;
    host.raw_set("scripts", code.scripts.keys().cloned().collect::<Vec<_>>())?;
    let settings = lua.create_table()?;
    for (name, setting) in &code.settings {
        match setting {
            Setting::Number(number) => settings.raw_set(name.as_str(), *number)?,
            Setting::Text(text) => settings.raw_set(name.as_str(), text.as_str())?,
            Setting::Bool(is) => settings.raw_set(name.as_str(), *is)?,
        }
    }
    host.raw_set("settings", settings)
}

fn words_of(lua: &Lua, host: &Table, shared: &Rc<Shared>) -> mlua::Result<()> {
    let this = shared.clone();
    let complain = move |_: &Lua, said: (String, mlua::LuaString, String, Option<Table>)| {
        let (kind, what, trace, seat) = said;
        let kind = COMPLAINTS.iter().copied().find(|known| known.name == kind).unwrap_or(&ERROR);
        let what = told(&what.to_string_lossy(), &trace);
        // What ends a server is told once, and not as the errors that come of it.
        if this.halt.get().is_none() {
            this.complain(kind, &what, seat_of(seat.as_ref()));
        }
        Ok(())
    };
    host.raw_set("complain", lua.create_function(complain)?)?;
    let this = shared.clone();
    let broken = move |_: &Lua, (what, trace): (mlua::LuaString, String)| {
        this.complain(&ADAPTER, &told(&what.to_string_lossy(), &trace), None);
        this.halt.set(Some(&ADAPTER));
        Ok(())
    };
    host.raw_set("broken", lua.create_function(broken)?)?;
    let this = shared.clone();
    let say = move |_: &Lua, (what, seat): (mlua::LuaString, Option<Table>)| {
        let words = words::text(&what.to_string_lossy());
        let seat = seat_of(seat.as_ref()).unwrap_or(Seat(u32::MAX));
        this.push(Effect::Tell { seat, notice: Notice::Said { words } });
        Ok(())
    };
    host.raw_set("say", lua.create_function(say)?)?;
    let this = shared.clone();
    type Told =
        (u32, mlua::LuaString, Option<mlua::LuaString>, Option<f64>, Option<f64>, Option<f64>);
    let tell = move |_: &Lua, (seat, what, word, edits, calls, retries): Told| {
        let word = word.map(|word| word.to_string_lossy()).unwrap_or_default();
        let numbers = [edits, calls, retries].map(|number| number.unwrap_or(0.0) as u64);
        this.tell(Seat(seat), &what.to_string_lossy(), &word, numbers);
        Ok(())
    };
    host.raw_set("tell", lua.create_function(tell)?)?;
    let this = shared.clone();
    let look = move |_: &Lua, (seat, active): (u32, bool)| {
        this.is_active(Seat(seat), active);
        this.push(Effect::Look { seat: Seat(seat) });
        Ok(())
    };
    host.raw_set("look", lua.create_function(look)?)?;
    let this = shared.clone();
    let active = move |_: &Lua, (seat, active): (u32, bool)| {
        this.is_active(Seat(seat), active);
        Ok(())
    };
    host.raw_set("active", lua.create_function(active)?)?;
    let this = shared.clone();
    let linger = move |_: &Lua, does: bool| {
        this.lingers.set(does);
        Ok(())
    };
    host.raw_set("linger", lua.create_function(linger)?)
}

/// What a call is asked to do, by the shim's word for it.
fn request(verb: &str, value: &Value) -> Result<Request, String> {
    Ok(match verb {
        "update" => Request::Update,
        "get" => Request::Get { use_cache: true },
        "fetch" => Request::Get { use_cache: false },
        "set" => Request::Set,
        "remove" => Request::Remove,
        "versions" => Request::ListVersions,
        _ => {
            let version = match value {
                Value::String(text) => version_of(&text.to_string_lossy()),
                _ => None,
            };
            Request::GetVersion(version.ok_or("The version is not valid")?)
        }
    })
}

/// What the budget of a `DataStoreRequestType` is counted in: those of the present scheme by their
/// names, and the older ones by what their calls are counted as now.
fn types(of: &str) -> &'static [RequestType] {
    match of {
        "StandardWrite" | "SetIncrementAsync" => &[RequestType::Write],
        "UpdateAsync" => &[RequestType::Read, RequestType::Write],
        "StandardRemove" | "RemoveVersionAsync" => &[RequestType::Remove],
        "StandardList" | "ListAsync" => &[RequestType::List],
        "OrderedRead" => &[RequestType::OrderedRead],
        "OrderedWrite" | "SetIncrementSortedAsync" => &[RequestType::OrderedWrite],
        "OrderedRemove" => &[RequestType::OrderedRemove],
        "OrderedList" | "GetSortedAsync" => &[RequestType::OrderedList],
        _ => &[RequestType::Read],
    }
}

/// A version as scripts see it, and back.
pub(crate) fn version_text(version: Version) -> String {
    format!("{:016X}.{:010}.01", 0x08DE_0000_0000_0000_u64 + u64::from(version.0), version.0)
}

fn version_of(text: &str) -> Option<Version> {
    let version = text.split('.').nth(1)?.parse().ok().map(Version)?;
    (version_text(version) == text).then_some(version)
}

/// What is to be stored beside a value.
pub(crate) fn labels(users: &Value, metadata: &Value) -> Labels {
    let users: Vec<u64> = match users {
        Value::Table(list) => {
            list.sequence_values::<f64>().flatten().map(|number| number.max(0.0) as u64).collect()
        }
        _ => Vec::new(),
    };
    let mut texts = BTreeMap::new();
    if let Value::Table(table) = metadata {
        for (name, value) in table.pairs::<String, Value>().flatten() {
            if let Ok(tree) = Tree::of(&value) {
                texts.insert(name, beside(&tree));
            }
        }
    }
    let none = users.is_empty() && texts.is_empty();
    (!none).then(|| Arc::new(KeyLabels { users, metadata: texts }))
}

/// A value of metadata as the text that is kept of it; one that is no text begins with a mark.
fn beside(tree: &Tree) -> String {
    let mut json = String::new();
    match tree {
        Tree::Text(text) => text.to_string(),
        other => {
            other.json(&mut json).expect("a text takes it");
            format!("\u{1}{json}")
        }
    }
}

/// The same back.
pub(crate) fn metadata(lua: &Lua, labels: &KeyLabels) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    for (name, text) in &labels.metadata {
        let value = match text.strip_prefix('\u{1}').map(Tree::parse) {
            Some(Ok(tree)) => tree.to_lua(lua)?,
            _ => Value::String(lua.create_string(text)?),
        };
        table.raw_set(name.as_str(), value)?;
    }
    Ok(table)
}

/// A call as the shim makes it: verb, place, seat or below 0, what for, failures before it, whether
/// its session was granted and whether its seat was guessed; then value, users and metadata.
type Asked = (mlua::LuaString, i64, i64, mlua::LuaString, u32, bool, bool, Value, Value, Value);

fn calls_of(lua: &Lua, host: &Table, shared: &Rc<Shared>) -> mlua::Result<()> {
    for (name, fate) in [("asked", Fate::Asked), ("refused", Fate::Refused)] {
        let this = shared.clone();
        let count = move |_: &Lua, (): ()| {
            this.count(fate);
            Ok(())
        };
        host.raw_set(name, lua.create_function(count)?)?;
    }
    let this = shared.clone();
    let closed_to = move |_: &Lua, (): ()| Ok(this.closed_to.get());
    host.raw_set("closed_to", lua.create_function(closed_to)?)?;
    let this = shared.clone();
    type Named = (mlua::LuaString, mlua::LuaString, mlua::LuaString, i64);
    let place = move |_: &Lua, (store, scope, key, here): Named| {
        let here = u32::try_from(here).ok().map(Key);
        let [store, scope, key] = [store, scope, key].map(|name| name.to_string_lossy());
        Ok(this.places.borrow_mut().number(&store, &scope, &key, here))
    };
    host.raw_set("place", lua.create_function(place)?)?;
    let this = shared.clone();
    let left = move |_: &Lua, (of, mono_us): (mlua::LuaString, f64)| {
        Ok(this.left(types(&of.to_string_lossy()), mono_us as u64))
    };
    host.raw_set("left", lua.create_function(left)?)?;
    let this = shared.clone();
    let call = move |lua: &Lua, asked: Asked| match this.call(asked) {
        Ok(op) => op.into_lua_multi(lua),
        Err(why) => (Value::Nil, why).into_lua_multi(lua),
    };
    host.raw_set("call", lua.create_function(call)?)?;
    let this = shared.clone();
    let load = move |lua: &Lua, (path, own): (String, Table)| {
        let script = this.modules.code.scripts.get(&path);
        let (name, code) = script.ok_or_else(|| mlua::Error::runtime("there is no such script"))?;
        // Scripts never write to the tables that their globals stand in, so imports may be cached.
        own.set_safeenv(true);
        function(lua, name, code)?.set_environment(own).into_function()
    };
    host.raw_set("load", lua.create_function(load)?)
}

/// A compiled script that can be loaded.
pub(crate) fn function<'a>(
    lua: &Lua,
    name: &str,
    code: &'a [u8],
) -> mlua::Result<mlua::chunk::Chunk<'a>> {
    Ok(lua.load(code).set_mode(ChunkMode::Binary).set_name(format!("={name}")))
}

impl Shared {
    fn call(&self, asked: Asked) -> Result<u32, String> {
        let (verb, place, seat, kind, attempt, granted, guessed, value, users, metadata) = asked;
        let verb = verb.to_string_lossy();
        let request = request(&verb, &value)?;
        let kind = kind.to_string_lossy();
        let kind = CallKind::ALL.iter().copied().find(|known| known.name() == kind);
        let kind = kind.unwrap_or(CallKind::Read);
        let seat = u32::try_from(seat).ok().map(Seat);
        let place = self.places.borrow().place(place);
        let written = match request {
            Request::Set => Some(Tree::of(&value).map_err(|unfit| unfit.0)?),
            _ => None,
        };
        let op = self.next_op.get();
        self.next_op.set(op.wrapping_add(1));
        let value = written.map(Stored::plain);
        let labels = labels(&users, &metadata);
        let (sets, lists) = (request == Request::Set, request == Request::ListVersions);
        let pending = Pending {
            seat,
            kind: Some(kind),
            granted,
            guessed,
            sets,
            lists,
            value,
            labels,
            ..Pending::default()
        };
        self.calls.borrow_mut().insert(op, pending);
        self.count(if seat.is_some() { Fate::Booked } else { Fate::Seatless });
        self.spent.borrow_mut().push(request);
        self.push(Effect::Call { op: Op(op), place, seat, request, kind, attempt });
        Ok(op)
    }
}

/// The topic that a name is.
fn topic(name: &str) -> Topic {
    Topic(hash(name.as_bytes()))
}

fn messages_of(lua: &Lua, host: &Table, shared: &Rc<Shared>) -> mlua::Result<()> {
    let this = shared.clone();
    let subscribe = move |_: &Lua, name: mlua::LuaString| {
        this.push(Effect::Subscribe(this.named(&name.to_string_lossy())));
        Ok(())
    };
    host.raw_set("subscribe", lua.create_function(subscribe)?)?;
    let this = shared.clone();
    let unsubscribe = move |_: &Lua, name: mlua::LuaString| {
        this.push(Effect::Unsubscribe(this.named(&name.to_string_lossy())));
        Ok(())
    };
    host.raw_set("unsubscribe", lua.create_function(unsubscribe)?)?;
    let this = shared.clone();
    let publish = move |_: &Lua, (name, data, sent): (mlua::LuaString, Value, f64)| {
        let data = match Tree::of(&data) {
            Ok(data) => data,
            Err(unfit) => return Ok(Some(format!("PublishAsync: {}", unfit.0))),
        };
        let name = name.to_string_lossy();
        let key = Guid::within(&name).and_then(|guid| guid.key);
        let message = Letter::new(&name, key, data, sent as i64);
        let topic = this.named(&name);
        this.push(Effect::Publish { topic, message, awaited: true });
        Ok(None)
    };
    host.raw_set("publish", lua.create_function(publish)?)
}

impl Shared {
    /// A topic, whose name will be looked up.
    fn named(&self, name: &str) -> Topic {
        let topic = topic(name);
        self.topics.borrow_mut().entry(topic).or_insert_with(|| Arc::from(name));
        topic
    }
}

fn values_of(lua: &Lua, host: &Table, shared: &Rc<Shared>) -> mlua::Result<()> {
    let this = shared.clone();
    let guid = move |_: &Lua, (key, seat): (Option<u32>, Option<u32>)| {
        Ok(this.guid(key.map(Key), seat.map(Seat)))
    };
    host.raw_set("guid", lua.create_function(guid)?)?;
    let encode = |_: &Lua, value: Value| {
        let tree = Tree::of(&value).map_err(|unfit| mlua::Error::runtime(unfit.0))?;
        let mut json = String::new();
        tree.json(&mut json).expect("a text takes it");
        Ok(json)
    };
    host.raw_set("json_encode", lua.create_function(encode)?)?;
    let decode = |lua: &Lua, text: mlua::LuaString| match Tree::parse(&text.to_string_lossy()) {
        Ok(tree) => tree.to_lua(lua),
        Err(_) => Err(mlua::Error::runtime("Can't parse JSON")),
    };
    host.raw_set("json_decode", lua.create_function(decode)?)
}

/// The functions that parts are loaded by.
pub(crate) fn loader(lua: &Lua, shared: &Rc<Shared>) -> mlua::Result<Function> {
    let this = shared.clone();
    lua.create_function(move |lua: &Lua, part: String| {
        let code = this.modules.code.parts.get(part.as_str());
        let code = code.ok_or_else(|| mlua::Error::runtime("there is no such part"))?;
        function(lua, &shim(&part), code)?.into_function()
    })
}

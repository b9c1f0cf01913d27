//! What a server may still ask of the datastore, as it stands at one moment: for a library that
//! wants to know before it asks; and what each request is counted as.

use super::Request;

/// What requests are counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestType {
    /// Of a value, or of one of its versions.
    Read,
    /// Of a value: setting, incrementing; and updating, which reads too.
    Write,
    /// Removing a value.
    Remove,
    /// Listing versions or keys.
    List,
    /// The same of ordered stores.
    OrderedRead,
    /// The same of ordered stores.
    OrderedWrite,
    /// The same of ordered stores.
    OrderedRemove,
    /// The same of ordered stores.
    OrderedList,
}

impl RequestType {
    /// All of them, in this order.
    pub(crate) const ALL: [RequestType; RequestType::COUNT] = [
        RequestType::Read,
        RequestType::Write,
        RequestType::Remove,
        RequestType::List,
        RequestType::OrderedRead,
        RequestType::OrderedWrite,
        RequestType::OrderedRemove,
        RequestType::OrderedList,
    ];

    /// How many there are.
    pub const COUNT: usize = 8;

    /// What a request is counted as (creator-docs,
    /// cloud-services/data-stores/error-codes-and-limits.md): an update is a read and a write, but
    /// only a write if its server remembered what it would have read (an assumption).
    pub fn of(asks: Request, cached: bool) -> &'static [RequestType] {
        match asks {
            Request::Update if cached => &[RequestType::Write],
            Request::Update => &[RequestType::Read, RequestType::Write],
            Request::Get { .. } | Request::GetVersion(_) => &[RequestType::Read],
            Request::Set => &[RequestType::Write],
            Request::Remove => &[RequestType::Remove],
            Request::ListVersions => &[RequestType::List],
        }
    }
}

/// A budget as it is: in parts of a token, of which so many drop in each microsecond.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) parts: u64,
    /// More than this do not drop in.
    pub(crate) cap: u64,
    pub(crate) rate: u32,
}

impl Tokens {
    /// A token, in parts.
    pub(crate) const ONE: u64 = 60_000_000;

    fn pass(&mut self, us: u64) {
        let dropped = u64::from(self.rate).saturating_mul(us);
        self.parts = self.parts.max(self.parts.saturating_add(dropped).min(self.cap));
    }
}

/// What a server may still ask for, as long as nothing but time passes.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    pub(crate) server: [Tokens; RequestType::COUNT],
    /// Those of the experience, if it has any.
    pub(crate) experience: Option<[Tokens; RequestType::COUNT]>,
    /// From which of a server's budgets each type is taken.
    pub(crate) taken_from: [u8; RequestType::COUNT],
    /// In which queue each type waits.
    pub(crate) queue: [u8; RequestType::COUNT],
    /// In which queues somebody waits who goes first.
    pub(crate) waits: [bool; 4],
    /// It is not another server's turn at the experience's budget.
    pub(crate) turn: bool,
}

impl Allowance {
    /// So many microseconds pass.
    pub fn pass(&mut self, us: u64) {
        let all = self.server.iter_mut().chain(self.experience.iter_mut().flatten());
        all.for_each(|tokens| tokens.pass(us));
    }

    /// How many requests of a type the server's budget has.
    pub fn left(&self, of: RequestType) -> u32 {
        let tokens = self.server[self.from(of)].parts / Tokens::ONE;
        u32::try_from(tokens).unwrap_or(u32::MAX)
    }

    /// A request is made that is counted as these, the one that its queue goes by last: if it goes
    /// at once, it is paid for.
    pub fn take(&mut self, types: &[RequestType]) {
        let Some(last) = types.last() else { return };
        let line = usize::from(self.queue[*last as usize]);
        let there = |tokens: &Tokens| tokens.parts >= Tokens::ONE;
        let goes = !self.waits[line]
            && types.iter().all(|of| there(&self.server[self.from(*of)]))
            && self
                .experience
                .as_ref()
                .is_none_or(|all| self.turn && types.iter().all(|of| there(&all[*of as usize])));
        if !goes {
            self.waits[line] = true;
            return;
        }
        for of in types {
            self.server[self.from(*of)].parts -= Tokens::ONE;
            if let Some(all) = &mut self.experience {
                all[*of as usize].parts -= Tokens::ONE;
            }
        }
    }

    fn from(&self, of: RequestType) -> usize {
        usize::from(self.taken_from[of as usize])
    }
}

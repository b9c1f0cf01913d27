//! What stands between a server's request and the datastore: budgets, queues and throughput, as
//! `limits` keeps them.
//!
//! ```text
//!   admit --[budget]--> depart       a request that waits is state of its server's process: while
//!     '--[none]--> Queued            that is paused nothing leaves, and when it is gone they are
//!          '--[full]--> Dropped      gone with it, never applied
//! ```

use super::World;
use crate::datastore::Phase;
use crate::ids::{CellId, RequestId, ServerId};
use crate::library::{Error, Library, Request, RequestType};
use crate::limits::{Admission, Layer};
use crate::schedule::{Event, Tie};
use crate::step::Fact;

impl<L: Library> World<'_, L> {
    /// Whether a request may leave its server now. If not, it waits or is dropped.
    pub(super) fn may_leave(&mut self, name: RequestId) -> bool {
        let Some(quotas) = &mut self.quotas else { return true };
        let request = self.datastore.requests.of(name);
        let (server, cell, kind) = (request.server, request.cell, request.kind);
        let (visit, key) = (request.visit, request.key);
        let (asks, now) = (request.asks, self.schedule.now());
        match quotas.admit(now, server, (name, cell), RequestType::of(asks, request.cached)) {
            Admission::Go => true,
            Admission::Wait => {
                self.step(Some(server), visit, key, Fact::Queued { kind });
                self.look(server);
                false
            }
            Admission::Drop(layer) => {
                let error = dropped(asks, quotas.layered().then_some(layer));
                self.step(Some(server), visit, key, Fact::Dropped { kind, error });
                self.proceed(name, Phase::Answer(Err(error)), 0);
                false
            }
        }
    }

    /// A library is about to be told something, or to run a transform: it knows what it may ask.
    pub(super) fn tell_allowance(&mut self, server: ServerId) {
        let (now, Some(quotas)) = (self.schedule.now(), &mut self.quotas) else { return };
        let allowance = quotas.allowance(now, server);
        self.nodes[server.index()].library.allowed(allowance);
    }

    /// Lets those of a server's waiting requests go that can.
    pub(super) fn drain(&mut self, server: ServerId) {
        if self.nodes[server.index()].is_paused() {
            if let Some(quotas) = &mut self.quotas {
                quotas.pass(server);
            }
            self.nodes[server.index()].held.push(Event::Drain(server));
            return self.look_whose_turn();
        }
        let now = self.schedule.now();
        while let Some(waiting) = self.quotas.as_mut().and_then(|quotas| quotas.next(now, server)) {
            let waited_us = now.since(waiting.since);
            self.step_on(server, Fact::Dequeued { waited_us });
            self.depart(waiting.request);
        }
        self.look(server);
        self.look_whose_turn();
    }

    /// Plans when to look at a server's waiting requests, if there are any.
    pub(super) fn look(&mut self, server: ServerId) {
        let (now, Some(quotas)) = (self.schedule.now(), &mut self.quotas) else { return };
        let before = quotas.turn();
        let look_at = quotas.look(now, server);
        let after = quotas.turn();
        if let Some(at) = look_at {
            self.at(at, Tie::Drain(server), Event::Drain(server));
        }
        // Whoever has come to the front by this must not wait for somebody else to look.
        if let Some(next) = after.filter(|next| after != before && *next != server) {
            self.look(next);
        }
    }

    fn look_whose_turn(&mut self) {
        if let Some(next) = self.quotas.as_ref().and_then(|quotas| quotas.turn()) {
            self.look(next);
        }
    }

    /// A server's process is gone: what waited there never leaves.
    pub(super) fn forget_waiting(&mut self, server: ServerId) {
        let (now, Some(quotas)) = (self.schedule.now(), &mut self.quotas) else { return };
        for request in quotas.gone(now, server) {
            self.end(request);
        }
        self.look_whose_turn();
    }

    /// Whether the throughput of a request's key allows it to be read.
    pub(super) fn key_can_be_read(&mut self, name: RequestId) -> bool {
        let (cell, now) = (self.datastore.requests.of(name).cell, self.schedule.now());
        self.quotas.as_mut().is_none_or(|quotas| quotas.read(now, cell))
    }

    /// How many bytes a request is about to write, if the throughput of its key allows that. A
    /// removal writes none.
    pub(super) fn key_can_be_written(&mut self, name: RequestId) -> Option<u64> {
        let Some(quotas) = &mut self.quotas else { return Some(0) };
        let request = self.datastore.requests.of(name);
        let value = request.value.as_ref().filter(|_| request.asks != Request::Remove);
        let bytes = value.map_or(0, L::size);
        quotas.can_write(self.schedule.now(), request.cell, bytes).then_some(bytes)
    }

    pub(super) fn key_was_written(&mut self, cell: CellId, bytes: u64) {
        if let Some(quotas) = &mut self.quotas {
            quotas.wrote(self.schedule.now(), cell, bytes);
        }
    }

    /// The backend refuses a request: it would be too much of its key.
    pub(super) fn throttle(&mut self, name: RequestId) {
        self.fail(name, Error::KeyThrottled);
    }
}

/// The error of a request that found its queue full. The present scheme says whose limit it was;
/// of the two that an update is counted in, the write's.
fn dropped(asks: Request, layer: Option<Layer>) -> Error {
    match (asks, layer) {
        (Request::Update, None) => Error::UpdateAsyncThrottle,
        (Request::Get { .. }, None) => Error::GetAsyncThrottle,
        (Request::GetVersion(_), None) => Error::GetVersionAsyncThrottle,
        (Request::Set, None) => Error::SetAsyncThrottle,
        (Request::Remove, None) => Error::RemoveAsyncThrottle,
        (Request::ListVersions, None) => Error::ListVersionsAsyncThrottle,
        (Request::Update | Request::Set, Some(Layer::Server)) => {
            Error::StandardWriteGameServerThrottled
        }
        (Request::Update | Request::Set, Some(Layer::Experience)) => {
            Error::StandardWriteExperienceThrottled
        }
        (Request::Get { .. } | Request::GetVersion(_), Some(Layer::Server)) => {
            Error::StandardReadGameServerThrottled
        }
        (Request::Get { .. } | Request::GetVersion(_), Some(Layer::Experience)) => {
            Error::StandardReadExperienceThrottled
        }
        (Request::Remove, Some(Layer::Server)) => Error::StandardRemoveGameServerThrottled,
        (Request::Remove, Some(Layer::Experience)) => Error::StandardRemoveExperienceThrottled,
        (Request::ListVersions, Some(Layer::Server)) => Error::StandardListGameServerThrottled,
        (Request::ListVersions, Some(Layer::Experience)) => Error::StandardListExperienceThrottled,
    }
}

#[cfg(test)]
mod tests {
    use crate::draws::Seed;
    use crate::scenario::Scenario;
    use leasehold_data::Summary;
    use std::ops::ControlFlow;

    /// A server on which so many players come at once, and stay.
    fn summary(players: u32, more: &str) -> Summary {
        let text = format!(
            "duration = \"3m\"\nservers.count = 1\n\
             players = {{ count = {players}, arrive = \"0s..10ms\", stay = \"1h\" }}\n{more}"
        );
        let scenario = Scenario::parse(&text).expect(&text);
        crate::run("admission", &scenario, Seed::of(1), None, &mut |_| {}).dataset.summary
    }

    #[test]
    fn a_server_that_is_far_from_its_limits_is_the_same_with_and_without_them() {
        let with = summary(50, "");
        assert!(with.waits.is_none(), "{:?}", with.waits);
        let without = summary(50, "datastore.limits = \"none\"");
        assert!(with.budget_used_ppm.is_some() && without.budget_used_ppm.is_none());
        assert_eq!(Summary { budget_used_ppm: None, ..with }, without);
    }

    #[test]
    fn of_131_players_at_once_30_wait_for_a_budget_and_one_is_dropped_under_its_name() {
        let tight = "budget = { base = 0, per_player = 0 }";
        for (limits, error) in [
            ("roblox_2026", "StandardWriteGameServerThrottled"),
            ("roblox_2023", "UpdateAsyncThrottle"),
        ] {
            let world = format!("[datastore]\nlimits = \"{limits}\"\n{tight}");
            let of = |players| summary(players, &world).waits;
            let waits = of(131);
            assert_eq!(waits.queued, 30, "{waits:?}");
            assert!(waits.dropped[error] >= 1, "{waits:?}");
        }
    }

    /// Crowds that come again and again, on servers that die under them, at the limits of the whole
    /// experience: servers take turns, and lose them, at any moment.
    #[test]
    fn a_group_of_servers_at_the_limits_of_its_experience_goes_on_to_the_end() {
        let worlds = [
            "duration = '5m'\nservers.count = 3\nplayers = { count = 20, hop_delay = '0s' }\n\
             faults = { down_for = '0s', oom_every = '1s', oom_closes = '0%' }",
            "duration = '5m'\nservers.count = 10\n\
             players = { count = 100, hop_delay = '1s', edit_every = '1s..2s', save = '100%' }\n\
             faults = { crash_every = '20s', down_for = '1s' }",
        ];
        for text in worlds {
            let scenario = Scenario::parse(text).expect(text);
            let mut events = 0;
            let outcome = crate::shipped("admission", &scenario).expect("valid").seed(1).run_until(
                &mut |progress| {
                    events = progress.events;
                    if events < 20_000_000 {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(())
                    }
                },
            );
            let summary = outcome.expect("it ends").dataset.summary;
            assert!(summary.waits.queued > 0, "it is at its limits: {:?}", summary.waits);
        }
    }

    #[test]
    fn what_is_used_of_budgets_and_what_waits_for_them_is_told_over_time() {
        let text = "duration = '3m'\nservers.count = 2\n\
                    players = { count = 200, arrive = '0s..10ms', stay = '1h' }\n\
                    datastore.budget = { base = 600, per_player = 0 }\n";
        let scenario = Scenario::parse(text).expect(text);
        let data = crate::run("admission", &scenario, Seed::of(1), None, &mut |_| {}).dataset;
        let budgets = data.budgets.expect("there are limits");
        assert_eq!((budgets.used.len(), budgets.queue.len()), (3, 180));
        assert_eq!(budgets.queue[0].waiting, data.summary.waits.queued, "all come at once");
        assert!(budgets.queue.iter().skip(60).all(|bin| bin.waiting == 0));
        // A hundred acquires on a server that may make 600 updates a minute: no more than that.
        let first = budgets.used[0];
        assert!(first.busiest_ppm >= first.median_ppm && first.median_ppm > 0, "{first:?}");
        assert!((150_000..1_000_000).contains(&first.busiest_ppm), "{first:?}");
        let text = format!("{text}datastore.limits = 'none'\n");
        let scenario = Scenario::parse(&text).expect(&text);
        let data = crate::run("admission", &scenario, Seed::of(1), None, &mut |_| {}).dataset;
        assert!(data.budgets.is_none());
    }

    #[test]
    fn those_who_waited_are_served_in_the_end() {
        let waits = summary(200, "datastore.budget = { base = 600, per_player = 0 }");
        assert!(waits.waits.queued > 0 && waits.waits.longest_us > Some(0), "{:?}", waits.waits);
        assert_eq!(waits.starts.granted, 200, "{:?}", waits.starts);
    }
}

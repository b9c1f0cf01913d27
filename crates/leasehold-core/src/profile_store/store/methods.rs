//! The rest of the library's methods: messages, views, removal, and changes in memory
//! (sections 6 and 7).

use super::{Machine, Store};
use crate::document::Document;
use crate::effects::Effects;
use crate::ids::Seat;
use crate::profile_store::api::{Effect, EndRequest, Input, Mode, Response};
use crate::profile_store::caller::{Caller, Task};
use crate::profile_store::inbox::Handler;
use crate::profile_store::notice::{Complaint, Notice, StoreError};
use crate::profile_store::profile::{Profile, ProfileKind};
use crate::profile_store::record::{Active, Message, Record, Stored};
use crate::profile_store::update::view;
use crate::time::Now;

impl<D: Document> Store<D> {
    /// What changes a profile in memory and asks for nothing.
    pub(super) fn change(&mut self, input: Input<D>) {
        let template = self.template.clone();
        match input {
            Input::Edit { seat, edit } => {
                if let Some(profile) = self.profile_mut(seat) {
                    profile.edit(&edit);
                }
            }
            Input::Spoil { seat } => {
                if let Some(profile) = self.profile_mut(seat) {
                    profile.data = None;
                }
            }
            Input::Reconcile { seat } => {
                let data = self.profile_mut(seat).and_then(|profile| profile.data.as_mut());
                if let Some(data) = data {
                    data.reconcile(&template);
                }
            }
            Input::AddUserId { seat, user } => {
                let mode = self.slots.get(seat.0 as usize).map(|slot| slot.token.mode);
                // The datastore does not take it.
                let ignored = user < 0 && mode == Some(Mode::Live);
                if let Some(profile) = self.profile_mut(seat)
                    && !ignored
                    && !profile.user_ids.contains(&user)
                {
                    profile.user_ids.push(user);
                }
            }
            Input::RemoveUserId { seat, user } => {
                if let Some(profile) = self.profile_mut(seat)
                    && let Some(first) = profile.user_ids.iter().position(|id| *id == user)
                {
                    profile.user_ids.remove(first);
                }
            }
            Input::SetMetadata { seat, metadata } => {
                if let Some(profile) = self.profile_mut(seat) {
                    profile.metadata = metadata;
                }
            }
            Input::Ack { seat, index } => {
                if let Some(profile) = self.profile_mut(seat) {
                    profile.inbox.ack(index);
                }
            }
            _ => {}
        }
    }

    /// `MessageHandler`: ignored by a session that is not active.
    pub(super) fn handle(&mut self, seat: Seat, handler: Handler, out: &mut Effects<Effect<D>>) {
        let active = self.is_active(seat);
        let Some(profile) = self.profile_mut(seat).filter(|it| active || it.is_view()) else {
            return;
        };
        let (nth, messages) = profile.inbox.handle(handler);
        for message in &messages {
            self.show(seat, (nth, handler), message, out);
        }
    }

    /// New messages go from handler to handler until one acks at once (section 6.3).
    pub(super) fn deliver(&mut self, seat: Seat, new: &[Message<D>], out: &mut Effects<Effect<D>>) {
        let Some(profile) = self.profile(seat) else { return };
        let handlers = profile.inbox.handlers().to_vec();
        for message in new {
            for (nth, handler) in handlers.iter().enumerate() {
                self.show(seat, (nth as u32, *handler), message, out);
                if handler.acks_at_once() {
                    break;
                }
            }
        }
    }

    fn show(
        &mut self,
        seat: Seat,
        (nth, handler): (u32, Handler),
        message: &Message<D>,
        out: &mut Effects<Effect<D>>,
    ) {
        let (index, payload) = (message.index, message.payload.clone());
        out.push(Effect::Tell { seat, notice: Notice::Delivered { handler: nth, index, payload } });
        if let Some(profile) = self.profile_mut(seat) {
            profile.run(handler, message);
        }
    }

    /// `MessageAsync`, `GetAsync`, `RemoveAsync`.
    pub(super) fn method(&mut self, now: Now, input: Input<D>, out: &mut Effects<Effect<D>>) {
        let (seat, key, mock, task) = match input {
            Input::Message { seat, key, payload, mock } => {
                (seat, key, mock, Task::Message(payload))
            }
            Input::Get { seat, key, version: None, mock } => (seat, key, mock, Task::Get),
            Input::Get { seat, key, version: Some(version), mock } => {
                (seat, key, mock, Task::GetVersion(version))
            }
            Input::Remove { seat, key, mock } => (seat, key, mock, Task::Remove),
            _ => return,
        };
        if !self.is_vacant(seat, out) {
            return;
        }
        let slot = self.slot(seat);
        (slot.token.key, slot.mock) = (key, mock);
        slot.machine = Machine::Caller(Caller::new(task));
        if self.is_closing() {
            self.give_up(seat, out);
        } else if self.ready {
            self.enter(now, seat, out);
        } else {
            self.waiting.push_back(seat);
        }
    }

    /// A caller makes its first call. There are versions in the datastore only.
    pub(super) fn call_first(&mut self, now: Now, seat: Seat, out: &mut Effects<Effect<D>>) {
        let live = self.slot(seat).token.mode == Mode::Live;
        let Some(Machine::Caller(caller)) = self.machine(seat) else { return };
        if matches!(caller.task, Task::GetVersion(_)) && !live {
            self.give_up(seat, out);
        } else {
            self.call_again(now, seat, out);
        }
    }

    /// A caller calls, unless the server is closing: that is looked at before each call, and no
    /// sleep ends early for it \[I\].
    pub(super) fn call_again(&mut self, now: Now, seat: Seat, out: &mut Effects<Effect<D>>) {
        if self.is_closing() {
            return self.give_up(seat, out);
        }
        let slot = self.slot(seat);
        let op = slot.ops.take();
        let Machine::Caller(caller) = &mut slot.machine else { return };
        caller.call(op);
        let (request, failures) = (caller.task.request(), caller.failures);
        self.rearm(seat);
        self.enqueue(now, op, request, failures, out);
    }

    /// A caller returns false or nil.
    fn give_up(&mut self, seat: Seat, out: &mut Effects<Effect<D>>) {
        let Some(Machine::Caller(caller)) = self.machine(seat) else { return };
        let notice = match caller.task {
            Task::Message(_) => Notice::MessageReturned(false),
            Task::Get | Task::GetVersion(_) => Notice::Got(false),
            Task::Remove => Notice::Removed(false),
        };
        out.push(Effect::Tell { seat, notice });
        self.ended(seat, out);
    }

    pub(super) fn caller_answered(
        &mut self,
        now: Now,
        seat: Seat,
        result: Result<Response<D>, StoreError>,
        out: &mut Effects<Effect<D>>,
    ) {
        let rules = self.rules;
        let Some(Machine::Caller(caller)) =
            self.slots.get_mut(seat.0 as usize).map(|it| &mut it.machine)
        else {
            return;
        };
        match (&caller.task, result) {
            (Task::Message(_), Ok(Response::Updated(record))) => {
                self.ping(now, seat, &record, out);
                out.push(Effect::Tell { seat, notice: Notice::MessageReturned(true) });
                self.ended(seat, out);
            }
            (Task::Get | Task::GetVersion(_), Ok(Response::Got(Some(stored)))) => {
                self.got(now, seat, &stored, out);
            }
            (Task::Remove, Ok(_)) => {
                out.push(Effect::Tell { seat, notice: Notice::Removed(true) });
                self.ended(seat, out);
            }
            (Task::Message(_) | Task::Get, Err(_)) => {
                caller.sleep(&rules, now.mono);
                self.rearm(seat);
            }
            // Removal and versions are tried once; an absent value is no view.
            (Task::Message(_) | Task::Get | Task::GetVersion(_) | Task::Remove, _) => {
                self.give_up(seat, out);
            }
        }
    }

    /// A message is stored: whoever has the record should know. A session of this server is asked
    /// to save even if its lock is lost (hazard H-M8).
    fn ping(&mut self, now: Now, seat: Seat, record: &Record<D>, out: &mut Effects<Effect<D>>) {
        let token = self.slot(seat).token;
        if let Some(owner) = self.active.get(&token).copied() {
            self.user_save(now, owner, out);
        } else if let Some(guid) = record.active().topic() {
            let loads = record.meta.and_then(|meta| meta.loads).unwrap_or(0);
            out.push(Effect::Publish {
                seat,
                guid,
                end_request: EndRequest { loads, end_session: false },
            });
        }
    }

    fn got(&mut self, now: Now, seat: Seat, stored: &Stored<D>, out: &mut Effects<Effect<D>>) {
        match self.view(now, stored) {
            Some(profile) => self.show_view(seat, profile, out),
            None => {
                let notice = Notice::Complaint(Complaint::OddSession);
                out.push(Effect::Tell { seat, notice });
                self.ended(seat, out);
            }
        }
    }

    /// The view of what was read. None if there can be none: it tells whose session the record is,
    /// and what cannot be indexed raises.
    pub(super) fn view(&self, now: Now, stored: &Stored<D>) -> Option<Box<Profile<D>>> {
        let record = view(stored, &self.template, now.wall);
        if record.active() == Active::Scalar {
            return None;
        }
        let kind = ProfileKind::View { forgotten: false };
        Some(Box::new(Profile::new(record, &self.template, kind)))
    }

    pub(super) fn show_view(
        &mut self,
        seat: Seat,
        profile: Box<Profile<D>>,
        out: &mut Effects<Effect<D>>,
    ) {
        self.slot(seat).machine = Machine::Profile(profile);
        self.rearm(seat);
        out.push(Effect::Tell { seat, notice: Notice::Got(true) });
    }

    /// The user has no more use for a view or a query.
    pub(super) fn forget(&mut self, seat: Seat, out: &mut Effects<Effect<D>>) {
        let Some(slot) = self.slots.get_mut(seat.0 as usize) else { return };
        match &mut slot.machine {
            Machine::Profile(profile) if profile.is_view() => {
                profile.kind = ProfileKind::View { forgotten: true };
                self.settle(seat, out);
            }
            Machine::Query(query) => {
                query.forgotten = true;
                self.drop_query(seat, out);
            }
            _ => {}
        }
    }
}
